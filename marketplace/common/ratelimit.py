"""Limits that hold: a sliding window kept by one atomic script in Redis, on Redis' own clock.

Without Redis each process counts for itself (see `_LocalWindow`); what guards passwords and contacts is then
counted eight times as strictly, because several processes may be counting.
"""

from __future__ import annotations

import contextlib
import math
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from marketplace.common.errors import TooManyRequests
from marketplace.common.redisdb import ask, connection

log = structlog.get_logger(__name__)

UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
STRICTER_ALONE = 8
LEAST_ALONE = 3  # nobody is locked out over one slip
_WINDOW = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local window, limit = tonumber(ARGV[1]) * 1000000, tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - window)
local used = redis.call('ZCARD', KEYS[1])
if used >= limit then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return {0, 0, math.ceil((oldest[2] + window - now) / 1000000)}
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[1] + 1)
return {1, limit - used - 1, 0}
"""


@dataclass(frozen=True)
class Rate:
    limit: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate | None:
        """`120/minute`, `10/15minutes`; `off` is no limit."""
        if text == "off":
            return None
        match = re.fullmatch(r"(\d+)/(\d*)\s*(second|minute|hour|day)s?", text)
        if match is None or int(match[1]) < 1:
            raise ValueError(f"not a rate: {text!r}")
        return cls(int(match[1]), int(match[2] or 1) * UNITS[match[3]])


@dataclass(frozen=True)
class Ticket:
    """The answer to one request: may it pass, what is left, when to come back."""

    allowed: bool
    limit: int
    remaining: int
    retry_after: int = 0
    key: str = ""
    member: str = ""


def take(scope: str, caller: str, *, sensitive: bool = False) -> Ticket | None:
    """Use up one place in the window of `caller`; None when this limit is switched off."""
    return take_each(scope, [caller], sensitive=sensitive)[0]


def take_each(scope: str, callers: Sequence[str], *, sensitive: bool = False) -> list[Ticket | None]:
    """One place of each, in one round trip."""
    rate = Rate.parse(settings.RATE_LIMITS[scope])
    if rate is None:
        return [None] * len(callers)
    keys = [f"limit:{scope}:{caller}" for caller in callers]
    members = [f"{time.time_ns()}:{threading.get_ident()}:{place}" for place in range(len(callers))]
    try:
        answers = ask(lambda: _answers(keys, members, rate))
    except RedisError:
        log.warning("rate_limit_alone", scope=scope)
        return [_alone.take(*each, rate, sensitive=sensitive) for each in zip(keys, members, strict=True)]
    return [
        Ticket(bool(allowed), rate.limit, int(remaining), int(wait), key, member)
        for (allowed, remaining, wait), key, member in zip(answers, keys, members, strict=True)
    ]


def _answers(keys: Sequence[str], members: Sequence[str], rate: Rate) -> list[Any]:
    if len(keys) == 1:
        return [_script()(keys=keys, args=[rate.seconds, rate.limit, members[0]])]
    pipe = connection().pipeline(transaction=False)
    for key, member in zip(keys, members, strict=True):
        pipe.eval(_WINDOW, 1, key, rate.seconds, rate.limit, member)
    return list(pipe.execute())


def require(scope: str, caller: str, *, sensitive: bool = False) -> Ticket | None:
    ticket = take(scope, caller, sensitive=sensitive)
    if (refusal := refusal_of(ticket)) is not None:
        raise refusal
    return ticket


def refusal_of(ticket: Ticket | None) -> TooManyRequests | None:
    return None if ticket is None or ticket.allowed else TooManyRequests(retry_after=ticket.retry_after)


def give_back(ticket: Ticket | None) -> None:
    """A place taken in advance turned out not to be needed: the password was right."""
    if ticket is None or not ticket.allowed:
        return
    _alone.give_back(ticket)
    with contextlib.suppress(RedisError):
        ask(lambda: connection().zrem(ticket.key, ticket.member))


def forget_key(key: str) -> None:
    """Empty one caller's window."""
    _alone.forget(key)
    with contextlib.suppress(RedisError):
        ask(lambda: connection().delete(key))


@cache
def _script() -> Any:
    return connection().register_script(_WINDOW)


class _LocalWindow:
    """The same window in this process' memory, for as long as Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, deque[tuple[float, str]]] = defaultdict(deque)

    def take(self, key: str, member: str, rate: Rate, *, sensitive: bool) -> Ticket:
        limit = max(LEAST_ALONE, rate.limit // STRICTER_ALONE) if sensitive else rate.limit
        now = time.monotonic()
        with self._lock:
            window = self._windows[key]
            while window and window[0][0] <= now - rate.seconds:
                window.popleft()
            if len(window) >= limit:
                return Ticket(False, limit, 0, math.ceil(window[0][0] + rate.seconds - now), key, member)
            window.append((now, member))
            if len(self._windows) > 50_000:
                self._windows.clear()
            return Ticket(True, limit, limit - len(window), 0, key, member)

    def give_back(self, ticket: Ticket) -> None:
        with self._lock:
            if window := self._windows.get(ticket.key):
                self._windows[ticket.key] = deque(entry for entry in window if entry[1] != ticket.member)

    def forget(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)


_alone = _LocalWindow()
