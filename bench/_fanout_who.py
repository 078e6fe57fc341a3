"""Who takes part in the fan-out: how each is started, how one comes in there, and how something is said to all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import orjson
import redis.asyncio
from _crowd import Manners, subscribing
from _load import ROOT, Contender, python
from _talk_data import Talk

OURS, BROADCAST, STOCK, SOCKETIO = "ours", "websockets.broadcast", "stock Channels", "python-socketio"
NODE_WS, NODE_SOCKETIO = "Node ws", "Node Socket.IO"
PACKAGES = ("ws@8.23.0", "socket.io@4.8.4", "ioredis@6.0.0")
NODE = ROOT / "var" / "bench" / "node"
SOCKETS = (
    *("--ws", "marketplace.socket_server:SocketProtocol", "--ws-max-size", "65536"),
    *("--ws-ping-interval", "25", "--ws-ping-timeout", "20", "--ws-per-message-deflate", "false"),
)
UVICORN = ("--port", "{port}", "--no-proxy-headers", "--no-server-header", "--no-access-log", "--log-level", "error")
PEER, NODE_PEER = "bench/_fanout_peers.py", ("node", "bench/_fanout_peers.cjs")

Saying = Callable[[int], Awaitable[Any]]  # the message of that number


@dataclass(frozen=True)
class Guest:
    contender: Contender
    manners: Callable[[int], Manners]
    saying: Saying


def guests(talk: Talk) -> list[Guest]:
    from channels_redis.pubsub import RedisPubSubChannelLayer

    link = redis.asyncio.from_url(os.environ["REDIS_URL"])
    layer = RedisPubSubChannelLayer(hosts=[os.environ["REDIS_URL"]])
    words = _Words(talk)

    async def to_ours(number: int) -> None:
        await link.publish(words.channel, words.packed(number))

    def to(channel: str) -> Saying:
        return lambda number: link.publish(f"bench:{channel}", words.text(number))

    async def to_group(number: int) -> None:
        await layer.group_send("bench", {"type": "chat.message", "payload": orjson.loads(words.text(number))})

    def ours(number: int) -> Manners:
        token = talk.tokens[number % len(talk.tokens)]
        answers = ((b'{"type":"welcome"', subscribing(talk.rooms[0])),)
        headers = {"Authorization": f"Bearer {token}"}
        return Manners("/v1/ws", headers, answers, passes_over=b'{"type":"events"', is_in=b'{"type":"subscribed"')

    plain = Manners()
    engine = Manners("/socket.io/?EIO=4&transport=websocket", {}, ((b"0{", b"40"), (b"2", b"3")), is_in=b"40{")
    market = python("-m", "uvicorn", "marketplace.asgi:application", *SOCKETS, *UVICORN)

    def peer(name: str, kind: str, manners: Manners, *command: str) -> Guest:
        channel = name.replace(" ", "-")
        said = to_group if name == STOCK else to(channel)
        return Guest(Contender(name, (*command, kind, "{port}", f"bench:{channel}")), lambda _: manners, said)

    found = [
        Guest(Contender(OURS, market), ours, to_ours),
        peer(BROADCAST, "broadcast", plain, *python(PEER)),
        peer(STOCK, "channels", plain, *python(PEER)),
        peer(SOCKETIO, "socketio", engine, *python(PEER)),
    ]
    if _has_node():
        found += [peer(NODE_WS, "ws", plain, *NODE_PEER), peer(NODE_SOCKETIO, "socketio", engine, *NODE_PEER)]
    return found


class _Words:
    """The same text for everybody: what a room of ours says when somebody has written 120 characters."""

    def __init__(self, talk: Talk) -> None:
        from accounts.models import User
        from chat import announcing
        from chat.models import Message, Room

        self._room, self._sender = Room.objects.get(pk=talk.rooms[0]), User.objects.get(pk=talk.people[0])
        self._message = Message(number=1, room=self._room, sender=self._sender, client_id="0" * 32)
        vars(self._message)["_prefetched_objects_cache"] = {"reactions": [], "mentions": [], "attachments": []}
        self.channel = announcing.room_channel(self._room.pk)

    def _framed(self, number: int) -> Any:
        from django.utils import timezone

        from chat import frames
        from chat.models import Event

        now = timezone.now()
        said = self._message
        said.seq, said.created_at, said.body = number, now, f"bench {number} ".ljust(120, "x")
        facts: dict[str, Any] = {"type": Event.Type.CREATED, "actor": self._sender, "message": said}
        return frames.frame(self._room, Event(room=self._room, seq=number, created_at=now, **facts))

    def text(self, number: int) -> bytes:
        return bytes(self._framed(number).text)

    def packed(self, number: int) -> bytes:
        from chat import announcing

        return announcing.packed(self._framed(number))


def _has_node() -> bool:
    """Installed once, beside what else measurements leave; without node or its registry they are left out."""
    if (NODE / "node_modules" / "socket.io").is_dir():
        return True
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    NODE.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--prefix", str(NODE), "--no-audit", "--no-fund", "--silent", *PACKAGES]
    return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0
