"""Who is online in a room. Leases make it true again after a kill -9, and a version tells clients what they missed."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import structlog
from redis.exceptions import RedisError

from chat import frames
from chat.frames import Shown
from chat.realtime import presence_scripts as scripts
from chat.realtime.seats import Seat

if TYPE_CHECKING:
    from chat.realtime.hub import Hub

log = structlog.get_logger(__name__)

BEAT_SECONDS = 3.0
KEEP_SECONDS = 20.0
SWEEP_SECONDS = 5.0
GRACE_SECONDS = 10.0  # a reload of a page is not a leave
CALM_SECONDS = 15.0  # after Redis was away, until every process has said that it lives
TOGETHER_SECONDS = 0.02
CROWD = 100
CROWD_SECONDS = 2.0
TROUBLE = (RedisError, OSError, TimeoutError)


@dataclass(frozen=True)
class Change:
    """A socket that comes or goes, on its way to Redis."""

    script: str
    room_id: UUID
    member: str
    user_id: str
    shown: bytes

    @property
    def arguments(self) -> tuple[Any, ...]:
        return (str(self.room_id), self.member, self.user_id, self.shown)


def _numbers(user: Shown) -> Shown:
    """For the foreign dialects."""
    return (
        {"user": {"id": user["number"], "username": user["username"], "name": user["name"]}} if "number" in user else {}
    )


class Presence:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.process = secrets.token_hex(6)
        self._members: dict[UUID, dict[str, tuple[str, bytes]]] = defaultdict(dict)
        self._changes: list[Change] = []
        self._untold: set[tuple[UUID, str]] = set()  # have come, and Redis has not said yet whether that is news
        self._flushing: asyncio.Task[None] | None = None
        self._going: set[asyncio.TimerHandle] = set()
        self._crowded: dict[UUID, asyncio.TimerHandle] = {}
        self._troubled_at = time.monotonic() - CALM_SECONDS
        self._chores = [
            self._every(BEAT_SECONDS, self._beat),
            self._every(KEEP_SECONDS, self.register_again),
            self._every(SWEEP_SECONDS, self.sweep),
        ]

    @property
    def _redis(self) -> Any:
        return self._hub.layer.here.commands

    def _every(self, seconds: float, chore: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        async def repeat() -> None:
            while True:
                try:
                    await chore()
                except TROUBLE:
                    self._troubled_at = time.monotonic()
                await asyncio.sleep(seconds)

        return asyncio.get_running_loop().create_task(repeat())

    async def stop(self) -> None:
        """Nobody is taken out: who comes back elsewhere in time was never away, the others the sweep finds."""
        for timer in [*self._going, *self._crowded.values()]:
            timer.cancel()
        for task in [*self._chores, *([self._flushing] if self._flushing else [])]:
            task.cancel()

    # ── Coming and going ─────────────────────────────────────────────────────────────────────────

    def came(self, seat: Seat) -> None:
        person = seat.socket.person
        member = self._member(seat)
        shown = orjson.dumps({**(frames.person(person) or {}), "number": person.number})
        self._members[seat.room.id][member] = (str(person.pk), shown)
        self._untold.add((seat.room.id, member))
        self._change(Change(scripts.COME, seat.room.id, member, str(person.pk), shown))

    def left(self, seat: Seat) -> None:
        loop = asyncio.get_running_loop()
        room_id, member = seat.room.id, self._member(seat)
        handle: asyncio.TimerHandle

        def go() -> None:
            self._going.discard(handle)
            self._gone(room_id, member)

        handle = loop.call_later(GRACE_SECONDS, go)
        self._going.add(handle)

    def _member(self, seat: Seat) -> str:
        return f"{seat.socket.person.pk}|{seat.socket.id}|{self.process}"

    def _gone(self, room_id: UUID, member: str) -> None:
        room = self._hub.rooms.get(room_id)
        if room is not None and any(seat.is_live and self._member(seat) == member for seat in room.seats.values()):
            return  # it only asked to be told again from an earlier number
        user_id, shown = self._members[room_id].pop(member, ("", b""))
        if not self._members[room_id]:
            del self._members[room_id]
        if user_id:
            self._change(Change(scripts.GO, room_id, member, user_id, shown))

    def _change(self, change: Change) -> None:
        """Many at once are one question: a thousand sockets come back together."""
        self._changes.append(change)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._changes:
                await asyncio.sleep(TOGETHER_SECONDS)
                changes, self._changes = self._changes[:500], self._changes[500:]
                await self._tell(changes)
        finally:
            self._flushing = None

    async def _tell(self, changes: list[Change]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for change in changes:
            pipeline.eval(change.script, 0, *change.arguments)
        try:
            answers = await pipeline.execute()
        except TROUBLE:  # who came is registered with the next round, who went is believed for a minute
            return
        finally:
            self._untold.difference_update((change.room_id, change.member) for change in changes)
        for change, (is_news, version, count) in zip(changes, answers, strict=True):
            if is_news:
                await self._announce(change, int(version), int(count))

    async def _announce(self, change: Change, version: int, count: int) -> None:
        room = str(change.room_id)
        if count > CROWD:
            self._tell_all_soon(change.room_id)
        elif change.script == scripts.COME:
            user = orjson.loads(change.shown)
            shown = {"type": "user_joined", "room": room, "user": user, "v": version, "numbers": _numbers(user)}
            await self._say(change.room_id, shown)
        else:
            await self._say_left(change.room_id, change.user_id, version, change.shown)

    async def _say_left(self, room_id: UUID, user_id: str, version: int, who: bytes) -> None:
        shown = {"type": "user_left", "room": str(room_id), "user_id": user_id, "v": version}
        await self._say(room_id, {**shown, "numbers": _numbers(orjson.loads(who))})

    def _tell_all_soon(self, room_id: UUID) -> None:
        """Who is here, or of a crowd how many; not at every step."""
        if room_id not in self._crowded:
            loop = asyncio.get_running_loop()
            self._crowded[room_id] = loop.call_later(
                CROWD_SECONDS, lambda: loop.create_task(self._say_who_is_here(room_id))
            )

    async def _say_who_is_here(self, room_id: UUID) -> None:
        self._crowded.pop(room_id, None)
        with contextlib.suppress(*TROUBLE):
            await self._say(room_id, await self.snapshot(room_id))

    async def _say(self, room_id: UUID, shown: Shown) -> None:
        await self._hub.layer.group_send(f"room.{room_id}", shown)

    # ── What keeps it true ───────────────────────────────────────────────────────────────────────

    async def _beat(self) -> None:
        await self._redis.set(f"pres:lease:{self.process}", 1, ex=scripts.LEASE_SECONDS)

    async def register_again(self) -> None:
        """Everybody who is here, whatever Redis remembers. First that we live, or a sweep would take them for dead.

        Not who is on their way there just now: their coming would be no news any more. Where a coming was lost, the
        room is told of all.
        """
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.set(f"pres:lease:{self.process}", 1, ex=scripts.LEASE_SECONDS)
        rooms = list(self._members)
        for room_id in rooms:
            members = self._members[room_id]
            known = ((member, who) for member, who in members.items() if (room_id, member) not in self._untold)
            told = [word for member, (user, shown) in known for word in (member, user, shown)]
            pipeline.eval(scripts.KEEP, 0, str(room_id), *told)
        _, *news = await pipeline.execute()
        for room_id, new in zip(rooms, news, strict=True):
            if new:
                self._tell_all_soon(room_id)

    async def sweep(self) -> None:
        """One process at a time. Not while others may still be on their way back to a Redis that was away."""
        is_calm = time.monotonic() - self._troubled_at > CALM_SECONDS
        if not is_calm or not await self._redis.set("pres:sweep", self.process, nx=True, px=4_500):
            return
        rooms = [room.decode() for room in await self._redis.smembers("pres:rooms")]
        for begin in range(0, len(rooms), 100):
            await self._sweep(rooms[begin : begin + 100])

    async def _sweep(self, rooms: list[str]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for room in rooms:
            pipeline.eval(scripts.SWEEP, 0, room)
        for room, gone in zip(rooms, await pipeline.execute(), strict=True):
            for user, version, count, who in zip(gone[::4], gone[1::4], gone[2::4], gone[3::4], strict=True):
                if int(count) > CROWD:
                    self._tell_all_soon(UUID(room))
                else:
                    await self._say_left(UUID(room), user.decode(), int(version), who)

    async def snapshot(self, room_id: UUID) -> Shown:
        if self._flushing is not None:  # who has just come finds themselves in it
            await asyncio.wait({self._flushing})
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.get(f"pres:v:{room_id}")
        pipeline.hlen(f"pres:who:{room_id}")
        pipeline.hgetall(f"pres:who:{room_id}")
        version, count, who = await pipeline.execute()
        shown: Shown = {"type": "users_online", "room": str(room_id), "v": int(version or 0), "count": count}
        if count <= CROWD:
            shown["users"] = [orjson.loads(each) for each in who.values()]
        return shown
