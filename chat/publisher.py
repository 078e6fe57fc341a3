"""Hints on their way to Redis: in one thread of this process, as many at once as have come while it was at it.

Who has stored something need not wait until Redis has heard of it; and where many do, one round trip serves them all.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from queue import Empty, SimpleQueue

import structlog
from redis.exceptions import RedisError

from marketplace.common import metrics
from marketplace.common.redisdb import ask, connection

MOST_AT_ONCE = 256
PAUSE_SECONDS = 0.003  # when many are at it: each round trip takes the interpreter from those who store
LAST_SECONDS = 2.0
Hint = tuple[str, bytes]
log = structlog.get_logger(__name__)


class Publisher:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._hints: SimpleQueue[Hint | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def publish(self, channel: str, data: bytes) -> None:
        if self._pid != os.getpid():
            self._begin()
        self._hints.put((channel, data))

    def _begin(self) -> None:
        """A forked process inherits the object, but neither its thread nor what that has yet to say."""
        with self._lock:
            if self._pid == os.getpid():
                return
            self._hints = SimpleQueue()
            self._thread = threading.Thread(target=self._work, args=(self._hints,), name="hints", daemon=True)
            self._thread.start()
            self._pid = os.getpid()

    def finish(self) -> None:
        """What has been said is passed on before the process ends."""
        if self._pid == os.getpid() and self._thread is not None:
            self._hints.put(None)
            self._thread.join(LAST_SECONDS)

    def _work(self, hints: SimpleQueue[Hint | None]) -> None:
        while (first := hints.get()) is not None:
            batch = [first, *_waiting(hints)]
            self._pass_on(batch)
            if len(batch) > 1:
                time.sleep(PAUSE_SECONDS)

    def _pass_on(self, hints: list[Hint]) -> None:
        try:
            ask(lambda: _send(hints))
        except RedisError as error:
            metrics.chat_publish_failures.inc(len(hints))
            log.warning("publish_failed", hints=len(hints), error=type(error).__name__)


def _waiting(hints: SimpleQueue[Hint | None]) -> list[Hint]:
    found: list[Hint] = []
    while len(found) < MOST_AT_ONCE:
        try:
            hint = hints.get_nowait()
        except Empty:
            break
        if hint is None:
            hints.put(None)  # the end: seen again when these have been passed on
            break
        found.append(hint)
    return found


def _send(hints: list[Hint]) -> None:
    pipe = connection().pipeline(transaction=False)
    for channel, data in hints:
        pipe.publish(channel, data)
    pipe.execute()


publisher = Publisher()
atexit.register(publisher.finish)
