"""A client as docs/realtime.md asks for one: it keeps its place, sends again what was not acknowledged, comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException

LOST = (OSError, WebSocketException, InvalidHandshake, TimeoutError)


class Client:
    def __init__(self, addresses: list[str], token: str, room: str, *, starts_at: int = 0) -> None:
        self.addresses, self.room = addresses, room
        self.seqs: list[int] = []
        self.acks: dict[str, dict[str, Any]] = {}
        self.errors: list[dict[str, Any]] = []
        self.other: list[dict[str, Any]] = []
        self.closings: list[tuple[float, int]] = []
        self.joined: list[float] = []
        self.delays: list[float] = []
        self.is_up = asyncio.Event()
        self._headers = {"Authorization": f"Bearer {token}"}
        self._last = starts_at
        self._epoch: str | None = None
        self._unsent: dict[str, dict[str, Any]] = {}
        self._connection: ClientConnection | None = None
        self._wait = 0.0
        self._task = asyncio.create_task(self._live())

    @property
    def last(self) -> int:
        return self._last

    async def _live(self) -> None:
        turn = 0
        while True:
            url = self.addresses[turn % len(self.addresses)].replace("http", "ws") + "/v1/ws"
            turn += 1
            with contextlib.suppress(*LOST):
                options: dict[str, Any] = {"additional_headers": self._headers, "compression": None, "max_size": None}
                async with connect(url, open_timeout=20, ping_interval=None, **options) as connection:
                    self._connection = connection
                    await self._talk(connection)
            self.is_up.clear()
            if self._connection is not None:
                self.closings.append((time.monotonic(), self._connection.close_code or 1006))
            self._connection = None
            await asyncio.sleep(self._wait or random.uniform(0.05, 0.5))
            self._wait = 0.0

    async def _talk(self, connection: ClientConnection) -> None:
        async for raw in connection:
            shown = json.loads(raw)
            if shown["type"] == "welcome":
                await self._say(type="subscribe", room=self.room, since=self._last, epoch=self._epoch)
            elif shown["type"] == "subscribed":
                self._epoch = shown["epoch"]
                self.joined.append(time.monotonic())
                self.is_up.set()
                for frame in list(self._unsent.values()):
                    await self._say(**frame)
            else:
                self._take(shown)

    def _take(self, shown: dict[str, Any]) -> None:
        match shown["type"]:
            case "events":
                for event in shown["events"]:
                    self._take(event)
            case "ack":
                self.acks[shown["client_id"]] = shown
                self._unsent.pop(shown["client_id"], None)
            case "error":
                self.errors.append(shown)
            case "server_restart":
                self._wait = shown["retry_after_ms"] / 1_000
            case _ if "at" in shown and "seq" in shown:
                self._last = shown["seq"]
                self.seqs.append(shown["seq"])
                self._time(shown)
            case _:
                self.other.append(shown)

    def _time(self, shown: dict[str, Any]) -> None:
        text = (shown.get("message") or {}).get("content") or ""
        if text.startswith("at "):
            self.delays.append(time.monotonic() - float(text[3:]))

    async def _say(self, **frame: Any) -> None:
        if self._connection is not None:
            with contextlib.suppress(*LOST):
                await self._connection.send(json.dumps(frame))

    async def ask(self, **frame: Any) -> None:
        await self._say(room=self.room, **frame)

    async def send(self, text: str, client_id: str | None = None) -> str:
        """Kept until it is acknowledged, and sent again after every return."""
        client_id = client_id or uuid4().hex
        self._unsent[client_id] = {"type": "send", "room": self.room, "client_id": client_id, "content": text}
        await self._say(**self._unsent[client_id])
        return client_id

    async def again(self) -> None:
        for frame in list(self._unsent.values()):
            await self._say(**frame)

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    @property
    def has_all_acks(self) -> bool:
        return not self._unsent

    def drop(self) -> None:
        """The line is cut, without a word."""
        if self._connection is not None:
            self._connection.transport.abort()

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, *LOST):
            await self._task


async def until(condition: Any, seconds: float) -> float:
    """How long it took, or more than `seconds` if it never came true."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return float("inf")
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def left_in(client: Client) -> dict[str, int]:
    return dict(Counter(shown["user_id"] for shown in client.other if shown["type"] == "user_left"))
