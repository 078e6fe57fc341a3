"""What a socket sends, before anybody believes it: its form, and how much of it."""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any

import orjson

from chat.realtime.errors import BadJSON, Flooding, Garbled, TooFast

MOST_LEVELS = 8
GARBLED_SECONDS = 60.0
MOST_GARBLED = 3
STRIKE_SECONDS = 60.0


def parsed(raw: str | bytes) -> dict[str, Any]:
    """A JSON object as everybody reads it: no NaN, no lone surrogates, no NUL, nothing twice, nothing deep."""
    try:
        value = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise BadJSON from error
    if not isinstance(value, dict) or not _is_plain(value):
        raise BadJSON
    json.loads(raw, object_pairs_hook=_once)  # orjson keeps the last of two; a filter elsewhere may have read the first
    return value


def _is_plain(value: Any) -> bool:
    level = [value]
    for _ in range(MOST_LEVELS):
        inner: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                inner += [*node.keys(), *node.values()]
            elif isinstance(node, list):
                inner += node
            elif isinstance(node, str) and "\x00" in node:
                return False
        if not inner:
            return True
        level = inner
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadJSON
    return made


class Pace:
    """So many frames a second. Who sends more waits, is told so, and after the third time has to go."""

    __slots__ = ("_began", "_count", "_garbled", "_most", "_most_strikes", "_strikes")

    def __init__(self, most: int, strikes: int) -> None:
        self._most, self._most_strikes = most, strikes
        self._began, self._count = 0.0, 0
        self._strikes: deque[float] | None = None
        self._garbled: deque[float] | None = None

    def count(self) -> float:
        """Seconds to wait before the next frame is read: none while the pace is kept."""
        now = time.monotonic()
        if now - self._began >= 1.0:
            self._began, self._count = now, 0
        self._count += 1
        if self._count <= self._most:
            return 0.0
        return max(0.0, self._began + 1.0 - now)

    def strike(self) -> TooFast | Flooding:
        self._strikes = self._strikes or deque()
        if _counted(self._strikes, STRIKE_SECONDS) >= self._most_strikes:
            return Flooding(extra={"retry_after": 10})
        return TooFast(extra={"retry_after": 1})

    def garbled(self) -> None:
        self._garbled = self._garbled or deque()
        if _counted(self._garbled, GARBLED_SECONDS) >= MOST_GARBLED:
            raise Garbled


def _counted(times: deque[float], seconds: float) -> int:
    now = time.monotonic()
    times.append(now)
    while times[0] <= now - seconds:
        times.popleft()
    return len(times)
