"""All sockets of this process, the rooms they follow, and what keeps both honest when Redis says nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer

from chat import announcing
from chat.frames import Frame
from chat.realtime import asking, control
from chat.realtime.errors import AccountDisabled, Refused, Replaced, SessionEnded
from chat.realtime.layer import HubLayer
from chat.realtime.limits import Limits, current
from chat.realtime.live_room import LiveRoom
from chat.realtime.presence import Presence
from chat.realtime.seats import Seat
from chat.realtime.speaking import Speaking
from chat.realtime.threads import in_thread
from chat.services import log as room_log
from marketplace.common import metrics

if TYPE_CHECKING:
    from chat.realtime.socket import Socket

log = structlog.get_logger(__name__)


class Hub:
    def __init__(self, layer: HubLayer, limits: Limits) -> None:
        self.layer, self.limits = layer, limits
        self.rooms: dict[UUID, LiveRoom] = {}
        self.sockets: dict[Socket, None] = {}
        self.people: dict[UUID, dict[Socket, None]] = {}  # in the order of their coming
        self.addresses: Counter[str] = Counter()
        self.is_leaving = False
        self.catching_up = asyncio.Semaphore(limits.catch_ups_at_once)
        self._reads: dict[tuple[UUID, int], asyncio.Task[list[Frame]]] = {}
        self.layer.listen("control", self, lambda raw: control.heard(self, raw))
        self.layer.here.when_up.append(self._look_at_once)
        self.presence = Presence(self)
        self.speaking = Speaking()
        self._chores = [
            self._every(limits.watermark_seconds, self.look_at_watermarks),
            self._every(limits.poll_seconds, self.look_at_sessions),
        ]

    def _every(self, seconds: float, chore: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                try:
                    await chore()
                except Exception as error:  # the database is away, say: the next turn comes
                    log.warning("hub_chore_failed", chore=chore.__name__, error=type(error).__name__)

        return asyncio.get_running_loop().create_task(repeat())

    async def stop(self) -> None:
        for task in self._chores:
            task.cancel()
        await self.presence.stop()
        for room in list(self.rooms.values()):
            room.stop()
        await self.layer.stop()

    # ── Sockets ──────────────────────────────────────────────────────────────────────────────────

    def enter(self, socket: Socket) -> None:
        self.sockets[socket] = None
        self.addresses[socket.address] += 1
        metrics.sockets_open.inc()

    def admit(self, socket: Socket) -> None:
        """It has said who it is."""
        person = socket.person.pk
        others = self.people.setdefault(person, {})
        if not others:
            self.layer.listen(f"user.{person}", self, lambda raw: self._to_person(person, raw))
        others[socket] = None
        while len(others) > self.limits.sockets_per_person:
            next(iter(others)).refuse(Replaced())

    def _to_person(self, person: UUID, raw: bytes) -> None:
        shown = control.opened(raw)
        for socket in list(self.people.get(person, ())):
            if socket.bound_to is None:
                socket.show(shown)

    def forget(self, socket: Socket) -> None:
        """Nothing reaches it any more, and it counts for nothing."""
        socket.is_closing = True
        socket.stop_timer()
        for seat in list(socket.seats.values()):
            self.leave(seat)
        if socket in self.sockets:
            del self.sockets[socket]
            self.addresses -= Counter({socket.address: 1})
            metrics.sockets_open.dec()
        if socket.is_signed_in:
            self._forget_person(socket)

    def _forget_person(self, socket: Socket) -> None:
        person = socket.person.pk
        others = self.people.get(person, {})
        others.pop(socket, None)
        if not others and self.people.pop(person, None) is not None:
            self.layer.stop_listening(f"user.{person}", self)

    def refuse_all(self, sockets: list[Socket], error: type[Refused]) -> None:
        for socket in sockets:
            socket.refuse(error())

    # ── Rooms ────────────────────────────────────────────────────────────────────────────────────

    def take_seat(self, socket: Socket, room_id: UUID) -> tuple[Seat, asyncio.Event]:
        """With the event that is set while nothing said in the room can be missed."""
        room = self.rooms.get(room_id)
        if room is None:
            room = self.rooms[room_id] = LiveRoom(room_id, read=self.read, hold_seconds=self.limits.hold_seconds)
        known = room
        listening = self.layer.listen(f"room.{room_id}", self, lambda raw: known.heard(raw, announcing.unpacked))
        seat = room.seats[socket] = socket.seats[room_id] = Seat(socket, room)
        return seat, listening

    def leave(self, seat: Seat) -> None:
        if seat.is_gone:
            return
        seat.is_gone, was_live = True, seat.is_live
        seat.is_live = False
        room = seat.room
        room.seats.pop(seat.socket, None)
        seat.socket.seats.pop(room.id, None)
        seat.socket.typed_at.pop(room.id, None)
        if was_live:
            self.presence.left(seat)
        if not room.seats:
            room.stop()
            self.rooms.pop(room.id, None)
            self.layer.stop_listening(f"room.{room.id}", self)

    async def read(self, room_id: UUID, number: int, since: int) -> list[Frame]:
        """What the log has after a number. Who asks the same meanwhile gets the same answer."""
        asked = (room_id, since)
        task = self._reads.get(asked)
        if task is None:
            task = self._reads[asked] = asyncio.create_task(self._read(room_id, number, since))
            task.add_done_callback(lambda _: self._reads.pop(asked, None))
        return await asyncio.shield(task)

    async def _read(self, room_id: UUID, number: int, since: int) -> list[Frame]:
        async with self.catching_up:
            return await in_thread(room_log.everything_after, room_id, number, since)

    # ── What Redis may have lost ─────────────────────────────────────────────────────────────────

    def _look_at_once(self) -> None:
        asyncio.get_running_loop().create_task(self._looked())

    async def _looked(self) -> None:
        try:
            await self.look_at_watermarks()
            await self.presence.register_again()
        except Exception as error:
            log.warning("look_failed", error=type(error).__name__)

    async def look_at_watermarks(self) -> None:
        if not self.rooms:
            return
        marks = await in_thread(room_log.watermarks, list(self.rooms))
        for room_id, (epoch, seq) in marks.items():
            room = self.rooms.get(room_id)
            if room is not None and room.seq is not None:
                room.learn(epoch, seq)
                room.forget_if_quiet()

    async def look_at_sessions(self) -> None:
        """Fallback of the word over Redis: one question for all who are here."""
        sockets = [socket for mine in self.people.values() for socket in mine]
        if sockets:
            good, active = await in_thread(asking.still_good, [socket.claims.session_id for socket in sockets])
            ended = [socket for socket in sockets if socket.claims.session_id not in good]
            disabled = [socket for socket in ended if socket.person.pk not in active]
            self.refuse_all(disabled, AccountDisabled)
            self.refuse_all([socket for socket in ended if socket not in disabled], SessionEnded)
            await self._look_at_guests()

    async def _look_at_guests(self) -> None:
        """Who follows an open room without being in it may have been banned, which no log says."""
        guests = [seat for room in self.rooms.values() for seat in room.seats.values() if not seat.is_member]
        if guests:
            pairs = [(seat.room.id, seat.socket.person.pk) for seat in guests]
            banned = await in_thread(asking.banned_among, pairs)
            for seat in guests:
                if (seat.room.id, seat.socket.person.pk) in banned and not seat.is_gone:
                    seat.socket.put_out(seat, "removed")


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """This event loop's; it comes into being with the first socket."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        layer = get_channel_layer()
        assert isinstance(layer, HubLayer), "CHANNEL_LAYERS['default'] is chat.realtime.layer.HubLayer"
        found = _hubs[loop] = Hub(layer, current())
    return found


def present_hub() -> Hub | None:
    return _hubs.get(asyncio.get_running_loop())


async def stop_hub() -> None:
    found = _hubs.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.stop()
