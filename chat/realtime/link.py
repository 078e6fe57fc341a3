"""One connection to Redis on which this process hears everything. It dies and comes back; nobody's socket notices."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

PING_SECONDS = 5.0
SILENCE_SECONDS = 12.0
SLOWEST_RETRY = 1.0
TROUBLE = (RedisError, OSError, TimeoutError, RuntimeError)


def client(**options: Any) -> Any:
    """Whoever uses it hears of every failure at once: a retry of its own would only make others wait."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
        socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        **options,
    )


class Link:
    def __init__(self, *, heard: Callable[[str, bytes], None], is_up_again: Callable[[], None]) -> None:
        self._heard, self._is_up_again = heard, is_up_again
        self._wanted: dict[str, asyncio.Event] = {}  # set: Redis has confirmed it
        self._changed: set[str] = set()
        self._pubsub: Any = None
        self._flushing: asyncio.Task[None] | None = None
        self._last_heard = 0.0
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def want(self, channel: str) -> asyncio.Event:
        """The event is set as soon as nothing said there can be missed."""
        confirmed = self._wanted.get(channel)
        if confirmed is None:
            confirmed = self._wanted[channel] = asyncio.Event()
            self._note(channel)
        return confirmed

    def drop(self, channel: str) -> None:
        if self._wanted.pop(channel, None) is not None:
            self._note(channel)

    def _note(self, channel: str) -> None:
        """Many that come and go at once are one command."""
        self._changed.add(channel)
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._changed and self._pubsub is not None and self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        try:
            while self._changed and self._pubsub is not None:
                changed, self._changed = self._changed, set()
                coming = [channel for channel in changed if channel in self._wanted]
                going = [channel for channel in changed if channel not in self._wanted]
                if coming:
                    await self._pubsub.subscribe(*coming)
                if going:
                    await self._pubsub.unsubscribe(*going)
        except TROUBLE:
            pass  # the reader has noticed too, and begins anew with all that is wanted
        finally:
            self._flushing = None

    async def _run(self) -> None:
        pause = 0.05
        while True:
            began = time.monotonic()
            try:
                await self._listen()
            except TROUBLE as error:
                log.warning("redis_link_lost", error=type(error).__name__)
            finally:
                self._pubsub = None
                for confirmed in self._wanted.values():
                    confirmed.clear()
            pause = 0.05 if time.monotonic() - began > SLOWEST_RETRY else min(pause * 2, SLOWEST_RETRY)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  (spreads processes, hides nothing)

    async def _listen(self) -> None:
        redis = client()
        pubsub = redis.pubsub()
        try:
            self._changed.clear()
            missing = set(self._wanted)
            await pubsub.subscribe(*missing)
            self._pubsub, self._last_heard = pubsub, time.monotonic()
            self._flush_soon()  # what was wanted in the meantime
            await self._until_lost(pubsub, missing)
        finally:
            with contextlib.suppress(*TROUBLE):
                await pubsub.aclose()
            with contextlib.suppress(*TROUBLE):
                await redis.aclose()

    async def _until_lost(self, pubsub: Any, missing: set[str]) -> None:
        tasks = [asyncio.create_task(self._read(pubsub, missing)), asyncio.create_task(self._watch(pubsub))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, pubsub: Any, missing: set[str]) -> None:
        while True:
            message = await pubsub.get_message(timeout=None)
            if message is None:
                continue
            self._last_heard = time.monotonic()
            kind = message["type"]
            if kind == "message":
                self._heard(message["channel"].decode(), message["data"])
            elif kind == "subscribe":
                self._confirm(message["channel"].decode(), missing)

    def _confirm(self, channel: str, missing: set[str]) -> None:
        if (confirmed := self._wanted.get(channel)) is not None:
            confirmed.set()
        if missing:
            missing.discard(channel)
            if not missing:
                self._is_up_again()

    async def _watch(self, pubsub: Any) -> None:
        """A connection that a network has swallowed says nothing: ask, and give up on it."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            if time.monotonic() - self._last_heard > SILENCE_SECONDS:
                raise TimeoutError
            await pubsub.ping()
