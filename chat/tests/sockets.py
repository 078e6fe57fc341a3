"""Real sockets of a real server, for tests that read like a talk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from django.db import connections
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from accounts.models import User
from accounts.tokens import pair_for
from chat.models import Room
from chat.services import sending
from chat.services.sending import Draft
from chat.tests.socket_schema import misfits
from conftest import session_of

SECONDS = 10.0
Shown = dict[str, Any]


def token_of(person: User) -> str:
    return pair_for(session_of(person)).access


@dataclass
class Talk:
    """One client's side. `heard` is everything that came, in order, and fits the description; `told` what went."""

    connection: ClientConnection
    heard: list[Shown] = field(default_factory=list)
    told: list[Shown] = field(default_factory=list)

    async def say(self, type: str, **facts: Any) -> None:
        text = json.dumps({"type": type, **facts}, default=str)
        self.told.append(json.loads(text))
        await self.connection.send(text)

    async def next(self, seconds: float = SECONDS) -> Shown:
        async with asyncio.timeout(seconds):
            shown: Shown = json.loads(await self.connection.recv())
        self.heard.append(shown)
        assert misfits("said", shown) == []
        return shown

    async def until(self, type: str, *, seconds: float = SECONDS, **facts: Any) -> Shown:
        """The next frame of that type with these facts; what comes before it is passed over."""
        deadline = time.monotonic() + seconds
        while True:
            shown = await self.next(max(0.01, deadline - time.monotonic()))
            if shown["type"] == type and all(shown.get(name) == value for name, value in facts.items()):
                return shown

    async def ask(self, type: str, answer: str, **facts: Any) -> Shown:
        await self.say(type, **facts)
        return await self.until(answer)

    async def follow(self, room: object, **facts: Any) -> Shown:
        return await self.ask("subscribe", "subscribed", room=room, **facts)

    async def closed(self, seconds: float = SECONDS) -> int:
        """The code that it is closed with, after everything that still came."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.next(seconds)
        return self.connection.close_code or 0

    async def silent(self, seconds: float) -> bool:
        """Nothing lasting comes for so long."""
        with contextlib.suppress(TimeoutError):
            while True:
                shown = await self.next(seconds)
                if "seq" in shown and shown["type"] not in ("read", "delivered", "room.activity"):
                    return False
        return True

    def events(self, room: object) -> list[Shown]:
        """Of the room's log as they came, single and in batches."""
        frames = [shown for shown in self.heard if shown.get("room") == str(room)]
        found = [event for shown in frames for event in (shown["events"] if shown["type"] == "events" else [shown])]
        return [event for event in found if "at" in event and "seq" in event]

    def seqs(self, room: object) -> list[int]:
        return [event["seq"] for event in self.events(room)]

    async def reach(self, room: object, seq: int, *, seconds: float = SECONDS) -> Shown:
        """That event, once everything up to it has come, single or in a batch."""
        deadline = time.monotonic() + seconds
        while seq not in self.seqs(room):
            await self.next(max(0.01, deadline - time.monotonic()))
        return next(event for event in self.events(room) if event["seq"] == seq)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()


@contextlib.asynccontextmanager
async def opened(address: str, query: str = "", **options: Any) -> AsyncIterator[Talk]:
    url = f"ws://{urlsplit(address).netloc}/v1/ws{query}"
    async with (
        connect(url, compression=None, max_size=None, max_queue=None, **options) as connection,
        Talk(connection) as talk,
    ):
        yield talk


@contextlib.asynccontextmanager
async def signed_in(address: str, token: str, **options: Any) -> AsyncIterator[Talk]:
    headers = {"Authorization": f"Bearer {token}"}
    async with opened(address, additional_headers=headers, **options) as talk:
        await talk.until("welcome")
        yield talk


def run(talk: Callable[[], Any]) -> Any:
    """A test's `async def`, in a loop of its own."""

    async def whole() -> Any:
        async with asyncio.timeout(60):
            return await talk()

    return asyncio.run(whole())


@contextlib.contextmanager
def timed() -> Iterator[Callable[[], float]]:
    began = time.monotonic()
    yield lambda: time.monotonic() - began


async def in_thread(work: Callable[..., Any], *args: Any, **facts: Any) -> Any:
    """As a request would do it, with a connection that is given back."""

    def whole() -> Any:
        try:
            return work(*args, **facts)
        finally:
            connections.close_all()

    return await asyncio.to_thread(whole)


def send_many(sender: User, room: Room, count: int) -> None:
    for number in range(count):
        sending.send(sender, room.pk, Draft(f"{number}"))
