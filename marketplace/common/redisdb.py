"""One Redis connection pool per process, with short timeouts: Redis is a hint, never the truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import RedisError
from redis.retry import Retry

Answer = TypeVar("Answer")
REST_SECONDS = 2.0


@cache
def connection() -> redis.Redis[bytes]:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisAway,)),  # a pooled connection may have died; not twice
    )


class _Trouble:
    """Redis has just failed somebody: for two seconds nobody else waits for its timeout."""

    def __init__(self) -> None:
        self._until = 0.0

    def note(self) -> None:
        self._until = time.monotonic() + REST_SECONDS

    def forget(self) -> None:
        self._until = 0.0

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() < self._until


trouble = _Trouble()


def ask(question: Callable[[], Answer]) -> Answer:
    """The answer, or `RedisError`: at once if Redis has failed within the last seconds."""
    if trouble.is_fresh:
        raise RedisAway("Redis was away a moment ago")
    try:
        return question()
    except RedisError:
        trouble.note()
        raise
