"""What the clients of the other families do, as their languages do it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from rest_framework.test import APIClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from accounts.models import User
from conftest import PASSWORD

SECONDS = 10.0
Shown = dict[str, Any]


def bearer(person: User, door: str) -> str:
    reply = APIClient().post(door, {"username": person.username, "password": PASSWORD})
    assert reply.status_code == 200, reply.content
    token: str = reply.json()["access_token"]
    return token


def atob(text: str) -> str:
    """As browsers have it: neither `-` nor `_`, and the padding may be missing."""
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="), text
    assert len(text.rstrip("=")) % 4 != 1
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("latin-1")


def claims(token: str) -> Shown:
    """`JSON.parse(atob(token.split('.')[1]))`"""
    read: Shown = json.loads(atob(token.split(".")[1]))
    return read


@dataclass
class Ear:
    """One socket of another family. `heard` is everything that came, in order."""

    connection: ClientConnection
    heard: list[Shown] = field(default_factory=list)

    async def say(self, **frame: Any) -> None:
        """`ws.send(JSON.stringify({…}))`"""
        await self.connection.send(json.dumps(frame))

    async def next(self) -> Shown:
        async with asyncio.timeout(SECONDS):
            raw = await self.connection.recv()
        assert isinstance(raw, str), "frames to clients are text"
        shown: Shown = json.loads(raw)
        self.heard.append(shown)
        return shown

    async def until(self, type: str, **facts: Any) -> Shown:
        while True:
            shown = await self.next()
            if shown["type"] == type and all(shown.get(name) == value for name, value in facts.items()):
                return shown

    async def close_code(self) -> int | None:
        async with asyncio.timeout(SECONDS):
            await self.connection.wait_closed()
        return self.connection.close_code

    def kinds(self) -> list[str]:
        return [shown["type"] for shown in self.heard]


@contextlib.asynccontextmanager
async def listening(address: str, path: str, token: str, **options: Any) -> AsyncIterator[Ear]:
    async with connect(f"ws://{urlsplit(address).netloc}{path}?token={token}", compression=None, **options) as line:
        yield Ear(line)


async def refused(address: str, path: str, token: str, **options: Any) -> int:
    """With what HTTP status the handshake is answered; 101 would be a yes."""
    try:
        async with listening(address, path, token, **options):
            return 101
    except InvalidStatus as error:
        return error.response.status_code
