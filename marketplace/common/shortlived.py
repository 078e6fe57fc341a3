"""What may be a few seconds old, kept in this process: bounded, and safe between threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ShortLived(Generic[Key, Value]):
    """Remembers what `make` gave. What it raises is never remembered."""

    def __init__(self, seconds: float, *, most: int = 1_024) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self._seconds = seconds
        self._most = most
        self._lock = threading.Lock()
        self._kept: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        now = self.clock()  # before asking: the answer is as old as the question
        kept = self._still_good(key, now)
        if kept is not None:
            return kept[1]
        value = make()
        self._keep(key, value, now)
        return value

    def peek(self, key: Key) -> Value | None:
        kept = self._still_good(key, self.clock())
        return None if kept is None else kept[1]

    def put(self, key: Key, value: Value) -> None:
        self._keep(key, value, self.clock())

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def _still_good(self, key: Key, now: float) -> tuple[float, Value] | None:
        with self._lock:
            kept = self._kept.get(key)
        return kept if kept is not None and kept[0] > now else None

    def _keep(self, key: Key, value: Value, now: float) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (now + self._seconds, value)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]  # the one written longest ago
