"""Two processes of the product with a proxy before their Redis and one before their PostgreSQL, which can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

from _stack import Web, free_port

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Opening = Callable[[], Coroutine[Any, Any, Streams]]


class Proxy:
    """Bytes in both directions, until it is told otherwise."""

    def __init__(self, opening: Opening) -> None:
        self.port = free_port()
        self.mischief: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]] = copy
        self._opening = opening
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        try:
            theirs, to_them = await self._opening()
        except OSError:  # nobody is there; nor are we, then
            writer.close()
            return
        self._writers |= {writer, to_them}
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await asyncio.wait(
                [asyncio.create_task(copy(reader, to_them)), asyncio.create_task(self.mischief(theirs, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        for each in (writer, to_them):
            self._writers.discard(each)
            each.close()

    def cut(self) -> None:
        self._is_cut = True
        self.hang_up()

    def hang_up(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told: a cable that was pulled out."""
        for writer in self._writers:
            writer.transport.pause_reading()  # type: ignore[attr-defined]

    def mend(self) -> None:
        self._is_cut = False


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


class Unreliable:
    """Passes on what Redis says; of what was published it loses every tenth and swaps every fourth with the next."""

    def __init__(self) -> None:
        self.lost = self.swapped = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept, count = b"", 0
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                whole, words = await _value(reader)
                if len(words) > 1 and words[0] == b"message" and words[1].startswith(b"chat:r:"):
                    count += 1
                    if count % 10 == 0:
                        self.lost += 1
                        continue
                    if count % 4 == 0 and not kept:
                        self.swapped += 1
                        kept = whole
                        continue
                writer.write(whole + kept)
                kept = b""
                await writer.drain()


async def _value(reader: asyncio.StreamReader) -> tuple[bytes, list[bytes]]:
    """One value of Redis' protocol: its bytes, and the words in it."""
    line = await reader.readuntil(b"\r\n")
    kind = line[:1]
    if kind in b"$=!" and not line.startswith(b"$-"):
        body = await reader.readexactly(int(line[1:]) + 2)
        return line + body, [body[:-2]]
    if kind in b"*>~%" and not line.startswith(b"*-"):
        whole, words = line, []
        for _ in range(int(line[1:]) * (2 if kind == b"%" else 1)):
            part, found = await _value(reader)
            whole += part
            words += found
        return whole, words
    return line, [line[1:-2]]


class Stack:
    def __init__(self, **environment: str) -> None:
        cache, database = urlsplit(os.environ["REDIS_URL"]), urlsplit(os.environ["DATABASE_URL"])
        self.redis = Proxy(lambda: asyncio.open_connection(cache.hostname, cache.port))
        self.postgres = Proxy(lambda: _to_postgres(os.environ["DATABASE_URL"]))
        login = f"{database.username}:{database.password}"
        self.facts: dict[str, Any] = {
            "REDIS_URL": f"redis://:{cache.password or ''}@127.0.0.1:{self.redis.port}{cache.path}",
            "DATABASE_URL": f"postgresql://{login}@127.0.0.1:{self.postgres.port}{database.path}?sslmode=disable",
            "RATE_LIMIT": "off",
            "SOCKETS_PER_ADDRESS": "100000",
            "SOCKETS_PER_PERSON": "1000",
            **environment,
        }
        self.webs = [Web(log_level="info", **self.facts), Web(**self.facts)]

    @property
    def addresses(self) -> list[str]:
        return [web.address for web in self.webs]

    async def start(self) -> None:
        await self.redis.start()
        await self.postgres.start()
        for web in self.webs:
            await asyncio.to_thread(web.start)

    async def stop(self) -> None:
        for web in self.webs:
            await asyncio.to_thread(web.kill)


async def _to_postgres(url: str) -> Streams:
    parts = urlsplit(url)
    folder = parse_qs(parts.query).get("host", [""])[0]
    if folder.startswith("/"):
        return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{parts.port or 5432}")
    return await asyncio.open_connection(parts.hostname, parts.port or 5432)
