"""Who has a room before their eyes: a socket of theirs follows it now, as the sockets' processes keep it in Redis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from redis.exceptions import RedisError

from marketplace.common.redisdb import ask, connection


def watching(room_id: UUID, user_ids: Iterable[UUID]) -> set[UUID]:
    """Of these people. Without Redis nobody is known to, and all are told once too often rather than never."""
    people = list(user_ids)
    if not people:
        return set()
    try:
        sockets = ask(lambda: connection().hmget(f"pres:n:{room_id}", [str(one) for one in people]))
    except RedisError:
        return set()
    return {one for one, many in zip(people, sockets, strict=True) if many is not None}


@dataclass(frozen=True)
class Here:
    people: list[dict[str, Any]]  # as presence keeps them: `id`, `number`, `username`, `name`, `picture`
    count: int


def here(room_id: UUID, *, most: int = 100) -> Here:
    """Who has it before their eyes; of a crowd only how many they are."""
    who = f"pres:who:{room_id}"
    count = int(ask(lambda: connection().hlen(who)))
    if count > most:
        return Here([], count)
    shown = ask(lambda: connection().hvals(who))
    return Here([orjson.loads(each) for each in shown], len(shown))
