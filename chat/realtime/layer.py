"""The channel layer: the one way to say something to sockets, from consumers, requests and workers alike.

Groups are `room.<id>`, `user.<id>`, `control`, and any other name. What is said to a room or a person goes over the
very Redis channels that `chat.announcing` publishes on, and arrives at the hub, which puts one serialized text into
the bounded outboxes of its sockets. Consumers of other kinds may join any group with a channel, as Channels has it.

Like every layer it may lose what it carries. What must not be lost stands in a room's log, and the hub finds it there.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import structlog
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer
from redis.exceptions import RedisError

from chat import announcing
from chat.realtime.link import Link, client
from marketplace.common import metrics

log = structlog.get_logger(__name__)

Heard = Callable[[bytes], None]
CONFIRM_SECONDS = 1.0
ROOM, USER = "room.", "user."


def redis_channel(group: str) -> str:
    if group.startswith(ROOM):
        return announcing.room_channel(group.removeprefix(ROOM))
    if group.startswith(USER):
        return announcing.person_channel(group.removeprefix(USER))
    return announcing.CONTROL if group == "control" else f"chat:g:{group}"


def _wire(group: str, message: dict[str, Any]) -> bytes:
    return announcing.packed_passing(message) if group.startswith(ROOM) else orjson.dumps(message)


def _as_message(group: str, raw: bytes) -> dict[str, Any]:
    """What a consumer's handler gets."""
    if group.startswith(ROOM):
        frame = announcing.unpacked(group.removeprefix(ROOM), raw)
        return {"type": "room.frame", "seq": frame.seq, "kind": frame.type, "text": frame.text.decode()}
    if group.startswith(USER):
        return {"type": "user.frame", "text": raw.decode()}
    message: dict[str, Any] = orjson.loads(raw)
    return message


class _Here:
    """What one event loop of this process listens to."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[object, Heard]] = {}  # by Redis channel: who wants to hear, and how
        self.queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.commands = client(max_connections=16)
        self.when_up: list[Callable[[], None]] = []
        self.link = Link(heard=self._heard, is_up_again=self._up)
        self.link.want(announcing.CONTROL)  # keeps the connection in use, whoever else comes and goes

    def _heard(self, channel: str, raw: bytes) -> None:
        for heard in list(self.groups.get(channel, {}).values()):
            try:
                heard(raw)
            except Exception:  # one frame that cannot be read is no reason to stop hearing
                log.exception("frame_not_understood", channel=channel.split(":")[1])

    def _up(self) -> None:
        for tell in list(self.when_up):
            tell()


class HubLayer(BaseChannelLayer):  # type: ignore[misc]  # Channels has no types
    extensions = ("groups",)

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._prefix = f"hub.{secrets.token_hex(8)}!"
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Here] = WeakKeyDictionary()

    @property
    def here(self) -> _Here:
        loop = asyncio.get_running_loop()
        found = self._by_loop.get(loop)
        if found is None:
            found = self._by_loop[loop] = _Here()
        return found

    async def stop(self) -> None:
        found = self._by_loop.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.link.stop()
            await found.commands.aclose()

    # ── What the hub uses ────────────────────────────────────────────────────────────────────────

    def listen(self, group: str, by: object, heard: Heard) -> asyncio.Event:
        """The event is set while nothing that is said can be missed."""
        here, channel = self.here, redis_channel(group)
        here.groups.setdefault(channel, {})[by] = heard
        return here.link.want(channel)

    def stop_listening(self, group: str, by: object) -> None:
        here, channel = self.here, redis_channel(group)
        members = here.groups.get(channel, {})
        members.pop(by, None)
        if not members:
            here.groups.pop(channel, None)
            if channel != announcing.CONTROL:
                here.link.drop(channel)

    # ── What Channels asks of a layer ────────────────────────────────────────────────────────────

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.require_valid_group_name(group)
        await self._publish(redis_channel(group), _wire(group, message))

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.require_valid_channel_name(channel)
        queue = self.here.queues.get(channel)
        if queue is None:
            await self._publish(f"chat:c:{channel}", orjson.dumps(message))
        elif queue.full():
            raise ChannelFull
        else:
            queue.put_nowait(message)

    async def _publish(self, channel: str, data: bytes) -> None:
        try:
            await self.here.commands.publish(channel, data)
        except (RedisError, OSError) as error:
            metrics.chat_publish_failures.inc()
            log.warning("publish_failed", channel=channel.split(":")[1], error=type(error).__name__)

    async def new_channel(self, prefix: str = "") -> str:
        name, here = f"{self._prefix}{secrets.token_hex(8)}", self.here
        here.queues[name] = asyncio.Queue(self.capacity)
        here.groups[f"chat:c:{name}"] = {name: lambda raw: self._into(name, orjson.loads(raw))}
        here.link.want(f"chat:c:{name}")
        return name

    def _into(self, channel: str, message: dict[str, Any]) -> None:
        queue = self.here.queues.get(channel)
        if queue is None or queue.full():
            metrics.socket_dropped.inc()
        else:
            queue.put_nowait(message)

    async def receive(self, channel: str) -> dict[str, Any]:
        here = self.here
        try:
            return await here.queues[channel].get()
        except asyncio.CancelledError:  # Channels' way to say that the consumer is gone
            self._forget(here, channel)
            raise

    def _forget(self, here: _Here, channel: str) -> None:
        here.queues.pop(channel, None)
        for name in [name for name, members in here.groups.items() if channel in members]:
            here.groups[name].pop(channel)
            if not here.groups[name]:
                del here.groups[name]
                here.link.drop(name)

    async def group_add(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        confirmed = self.listen(group, channel, lambda raw: self._into(channel, _as_message(group, raw)))
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                await confirmed.wait()
        except TimeoutError:
            log.warning("group_add_unconfirmed")

    async def group_discard(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        self.stop_listening(group, channel)
