"""What a socket may ask for, in no dialect's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class SignIn:
    token: str


@dataclass(frozen=True)
class Follow:
    room_id: UUID
    since: int | None = None
    epoch: str | None = None


@dataclass(frozen=True)
class FollowMany:
    rooms: tuple[Follow, ...]


@dataclass(frozen=True)
class Unfollow:
    room_id: UUID


@dataclass(frozen=True)
class Say:
    room_id: UUID
    content: str | None
    client_id: str | None = None
    kind: str = "text"
    reply_to_seq: int | None = None
    data: dict[str, Any] | None = field(default=None)
    files: tuple[int, ...] = ()  # by their numbers
    comes_in: bool = False  # who speaks in an open group is in it from then on


@dataclass(frozen=True)
class Typing:
    room_id: UUID
    is_typing: bool
    comes_in: bool = False  # as with `Say`, so guests of an open group are seen to type as well


@dataclass(frozen=True)
class Mark:
    room_id: UUID
    seq: int
    is_read: bool  # otherwise it has only arrived


@dataclass(frozen=True)
class WhoIsOnline:
    room_id: UUID


@dataclass(frozen=True)
class Ping:
    pass


Command = SignIn | Follow | FollowMany | Unfollow | Say | Typing | Mark | WhoIsOnline | Ping
