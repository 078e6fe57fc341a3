"""Who has a room before their eyes: a socket of theirs follows it now, as the sockets' processes keep it in Redis."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

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
