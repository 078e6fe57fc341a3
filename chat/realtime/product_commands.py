"""The frames that `/v1/ws` takes: docs/realtime.md describes each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chat.models import Message
from chat.models.message import LONGEST_TEXT
from chat.realtime.commands import Command, Follow, FollowMany, Mark, Ping, Say, SignIn, Typing, Unfollow, WhoIsOnline
from chat.realtime.errors import BadFrame, UnknownType

Said = dict[str, Any]
LARGEST_SEQ = 2**53
LONGEST_CLIENT_ID = 64
MOST_ROOMS = 100
SAYABLE = {kind.value for kind in Message.Kind} - {Message.Kind.SYSTEM.value}


def read(said: Said) -> Command:
    name = said.get("type")
    reader = READERS.get(name) if isinstance(name, str) else None
    if reader is None:
        raise UnknownType
    return reader(said)


def misfit(name: str, wanted: str) -> BadFrame:
    return BadFrame(f"`{name}` should be {wanted}", extra={"field": name})


def key(said: Said, name: str) -> UUID:
    try:
        return UUID(str(said.get(name)))
    except ValueError as error:
        raise misfit(name, "a UUID") from error


def number(said: Said, name: str, *, least: int = 0) -> int:
    value = said.get(name)
    if type(value) is not int or not least <= value <= LARGEST_SEQ:
        raise misfit(name, f"an integer from {least}")
    return value


def text(said: Said, name: str, longest: int, *, shortest: int = 0) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        raise misfit(name, f"a text of {shortest} to {longest} characters")
    return value


def flag(said: Said, name: str) -> bool:
    value = said.get(name, True)
    if not isinstance(value, bool):
        raise misfit(name, "true or false")
    return value


def _follow(said: Said) -> Follow:
    since = None if said.get("since") is None else number(said, "since")
    epoch = None if said.get("epoch") is None else text(said, "epoch", 64)
    return Follow(key(said, "room"), since, epoch)


def _follow_many(said: Said) -> FollowMany:
    rooms = said.get("rooms")
    if not isinstance(rooms, list) or len(rooms) > MOST_ROOMS or not all(isinstance(each, dict) for each in rooms):
        raise misfit("rooms", f"a list of at most {MOST_ROOMS} objects with `room`, `since` and `epoch`")
    return FollowMany(tuple(_follow(each) for each in rooms))


def _say(said: Said) -> Say:
    kind = said.get("message_type") or Message.Kind.TEXT.value
    if kind not in SAYABLE:
        raise misfit("message_type", "one of " + ", ".join(sorted(SAYABLE)))
    return Say(
        room_id=key(said, "room"),
        client_id=text(said, "client_id", LONGEST_CLIENT_ID, shortest=1),
        content=None if said.get("content") is None else text(said, "content", LONGEST_TEXT),
        kind=kind,
        reply_to_seq=None if said.get("reply_to_seq") is None else number(said, "reply_to_seq", least=1),
        data=_place(said.get("data")),
    )


def _place(data: Any) -> dict[str, Any] | None:
    """The only thing that people may send beside words is where they are: two numbers, and nothing else is kept."""
    if data is None:
        return None
    if not isinstance(data, dict):
        raise misfit("data", "an object with `latitude` and `longitude`")
    bounds = {"latitude": 90, "longitude": 180}
    for name, most in bounds.items():
        value = data.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
            raise misfit(name, f"a number from -{most} to {most}")
    return {name: data[name] for name in bounds}


READERS: dict[str, Callable[[Said], Command]] = {
    "auth": lambda said: SignIn(text(said, "token", 8_192, shortest=1)),
    "auth.refresh": lambda said: SignIn(text(said, "token", 8_192, shortest=1)),
    "subscribe": _follow,
    "resume": _follow_many,
    "unsubscribe": lambda said: Unfollow(key(said, "room")),
    "send": _say,
    "typing": lambda said: Typing(key(said, "room"), flag(said, "is_typing")),
    "read": lambda said: Mark(key(said, "room"), number(said, "seq"), is_read=True),
    "delivered": lambda said: Mark(key(said, "room"), number(said, "seq"), is_read=False),
    "users_online": lambda said: WhoIsOnline(key(said, "room")),
    "ping": lambda _: Ping(),
}
