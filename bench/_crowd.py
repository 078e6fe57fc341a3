"""Many raw sockets in one loop: so many real client libraries would cost more than the servers they listen to."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

NUMBERED = re.compile(rb"bench (\d+)")  # in the text of a message
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
AT_ONCE = 25
SETTLE_SECONDS = 0.5
GIVE_UP_SECONDS = 30.0


@dataclass(frozen=True)
class Manners:
    """How one comes in somewhere: the address, the headers, and what to answer to the first words."""

    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[tuple[bytes, bytes], ...] = ()  # what a frame begins with, and what to say to it
    passes_over: bytes | None = None  # what one missed before one came: a frame that begins so
    is_in: bytes | None = None  # the frame that begins so says that one is in; None: the handshake does


class Listener(asyncio.Protocol):
    def __init__(self, crowd: Crowd | None, manners: Manners) -> None:
        self.is_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._crowd, self._manners = crowd, manners
        self._unread = b""
        self._is_open = False
        self._last: int | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        headers = {
            "Host": "localhost",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **self._manners.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._transport.write(f"GET {self._manners.path} HTTP/1.1\r\n{lines}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self._is_open:
            head, end, rest = self._unread.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head[:20]:
                self.is_in.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self._is_open, self._unread = True, rest
            if self._manners.is_in is None:
                self.is_in.set_result(None)
        self._read_frames()

    def _read_frames(self) -> None:
        unread, at = self._unread, 0
        while len(unread) - at >= 2:
            size, head = unread[at + 1] & 127, 2
            if size == 126:
                size, head = int.from_bytes(unread[at + 2 : at + 4]), 4
            elif size == 127:
                size, head = int.from_bytes(unread[at + 2 : at + 10]), 10
            if len(unread) - at < head + size:
                break
            self._frame(unread[at] & 15, unread[at + head : at + head + size])
            at += head + size
        self._unread = unread[at:]

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == PING:
            self.say(payload, PONG)
        elif kind == TEXT:
            found = NUMBERED.search(payload)
            passed = self._manners.passes_over
            if found is None or (passed is not None and payload.startswith(passed)):
                self._mind(payload)
                return
            number = int(found[1])
            assert self._crowd is not None
            self._crowd.heard(number, in_turn=self._last is None or number == self._last + 1)
            self._last = number

    def _mind(self, payload: bytes) -> None:
        for beginning, answer in self._manners.answers:
            if payload.startswith(beginning):
                self.say(answer)
        wanted = self._manners.is_in
        if wanted is not None and payload.startswith(wanted) and not self.is_in.done():
            self.is_in.set_result(None)

    def say(self, payload: bytes, kind: int = TEXT) -> None:
        """With a mask of noughts: the payload as it is."""
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2)
        self._transport.write(bytes([0x80 | kind]) + size + bytes(4) + payload)

    def connection_lost(self, error: Exception | None) -> None:
        if self._crowd is not None:
            self._crowd.lost_connections += not self._crowd.is_over

    def leave(self) -> None:
        self._transport.abort()


class Crowd:
    """Everybody who listens to one server, and what they have heard."""

    def __init__(self, address: str, manners: Callable[[int], Manners]) -> None:
        self._where = host_and_port(address)
        self._manners = manners
        self._listeners: list[Listener] = []
        self._missing: dict[int, int] = {}  # number -> how many have not heard it
        self._said_at: dict[int, float] = {}
        self._heard_all = asyncio.Event()
        self.said = self.deliveries = self.unheard = self.out_of_turn = self.lost_connections = 0
        self.delays: list[float] = []
        self.is_over = False

    def __len__(self) -> int:
        return len(self._listeners)

    async def grow(self, size: int) -> None:
        while len(self) < size:
            await asyncio.gather(*[self._join(number) for number in range(len(self), min(size, len(self) + AT_ONCE))])
        await asyncio.sleep(SETTLE_SECONDS)  # some begin to listen a moment after the handshake

    async def _join(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        manners = self._manners(number)
        _, listener = await loop.create_connection(lambda: Listener(self, manners), *self._where)
        self._listeners.append(listener)
        await asyncio.wait_for(listener.is_in, GIVE_UP_SECONDS)

    def next(self) -> int:
        self.said += 1
        self._missing[self.said] = len(self)
        self._said_at[self.said] = time.perf_counter()
        return self.said

    def heard(self, number: int, *, in_turn: bool) -> None:
        self.deliveries += 1
        self.out_of_turn += not in_turn
        if number not in self._missing:
            return
        self._missing[number] -= 1
        if self._missing[number]:
            return
        del self._missing[number]  # the last one has heard it
        self.delays.append(time.perf_counter() - self._said_at.pop(number))
        self._heard_all.set()

    async def at_most_open(self, messages: int) -> None:
        """Waits until no more than so many are still on their way. What takes too long is lost."""
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                while len(self._missing) > messages:
                    self._heard_all.clear()
                    await self._heard_all.wait()
        except TimeoutError:
            self.unheard += sum(self._missing.values())
            self._missing.clear()

    def go_home(self) -> None:
        self.is_over = True
        for listener in self._listeners:
            listener.leave()


def host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def subscribing(room: object) -> bytes:
    return json.dumps({"type": "subscribe", "room": str(room), "since": 0}).encode()
