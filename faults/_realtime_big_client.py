"""Very many listeners in one process: each keeps its place and nothing else, and comes back when it is cut."""

from __future__ import annotations

import asyncio
import contextlib
import random
import urllib.request
from collections.abc import Iterable
from typing import Any

import orjson
from _realtime_client import LOST
from websockets.asyncio.client import connect


class Listener:
    """It takes the log for gapless, and counts what does not follow."""

    def __init__(self, addresses: list[str], token: str, room: str, starts_at: int, opening: asyncio.Semaphore) -> None:
        self.last, self.wrong, self.comings = starts_at, 0, 0
        self._addresses, self._room, self._opening = addresses, room, opening
        self._options: dict[str, Any] = {
            "additional_headers": {"Authorization": f"Bearer {token}"},
            "compression": None,
            "ping_interval": None,
            "max_size": None,
        }
        self._turn = random.randrange(len(addresses))
        self._task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while True:
            with contextlib.suppress(*LOST):
                await self._listen()
            self._turn += 1
            await asyncio.sleep(random.uniform(0.1, 1.0))

    async def _listen(self) -> None:
        url = self._addresses[self._turn % len(self._addresses)].replace("http", "ws") + "/v1/ws"
        async with self._opening:
            connection = await connect(url, open_timeout=30, **self._options)
        async with connection:
            since = {"type": "subscribe", "room": self._room, "since": self.last}
            await connection.send(orjson.dumps(since).decode())
            async for raw in connection:
                if self._hears(orjson.loads(raw)):
                    await asyncio.to_thread(self._read_pages, self._addresses[self._turn % len(self._addresses)])
                    return

    def _hears(self, shown: dict[str, Any]) -> bool:
        """True: it lags too far behind for a socket, and reads pages."""
        if shown["type"] == "subscribed":
            self.comings += 1
        elif shown["type"] == "resync":
            return True
        self._take(shown.get("events", (shown,)))
        return False

    def _take(self, events: Iterable[dict[str, Any]]) -> None:
        for event in events:
            if "at" in event and "seq" in event:
                self.wrong += event["seq"] != self.last + 1
                self.last = event["seq"]

    def _read_pages(self, address: str) -> None:
        while True:
            url = f"{address}/v1/rooms/{self._room}/events?since={self.last}"
            request = urllib.request.Request(url, headers=self._options["additional_headers"])
            with urllib.request.urlopen(request, timeout=20) as reply:
                page = orjson.loads(reply.read())
            self._take(page["events"])
            if not page["has_more"]:
                return

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, *LOST):
            await self._task
