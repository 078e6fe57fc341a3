"""Telling the sockets, wherever they are, that something was committed. A hint: who misses it finds it in the log.

Everything that publishes does it here, whether a request, a worker or a socket wrote it.
"""

from __future__ import annotations

from django.db import transaction

from chat.frames import Frame, Shown
from chat.publisher import publisher
from marketplace.common.jsonio import dumps


def room_channel(room_id: object) -> str:
    return f"chat:r:{room_id}"


def person_channel(user_id: object) -> str:
    return f"chat:u:{user_id}"


CONTROL = "chat:ctl"


def packed(frame: Frame) -> bytes:
    """One line of what a hub must know without parsing, then the two texts, which hold no line breaks."""
    return b"%d %s\n%s\n%s" % (frame.seq, frame.type.encode(), frame.text, frame.numbers)


def packed_passing(shown: Shown) -> bytes:
    """`numbers` in it is the same for the foreign dialects, as in a frame; `/v1` does not see it."""
    told = {name: value for name, value in shown.items() if name != "numbers"}
    return b"0 %s\n%s\n%s" % (str(shown["type"]).encode(), dumps(told), dumps(shown.get("numbers", {})))


def unpacked(room_id: object, raw: bytes) -> Frame:
    head, text, numbers = raw.split(b"\n", 2)
    seq, _, kind = head.partition(b" ")
    return Frame(room_id, int(seq), kind.decode(), text, numbers)  # type: ignore[arg-type]


def after_commit(frame: Frame) -> None:
    transaction.on_commit(lambda: now(frame), robust=True)


def person_after_commit(user_id: object, shown: Shown) -> None:
    transaction.on_commit(lambda: to_person(user_id, shown), robust=True)


def now(frame: Frame) -> None:
    publisher.publish(room_channel(frame.room_id), packed(frame))


def passing(room_id: object, shown: Shown) -> None:
    """What is worth nothing a moment later: who has read how far, who types. Number 0: it has no place in the log."""
    publisher.publish(room_channel(room_id), packed_passing(shown))


def to_person(user_id: object, shown: Shown) -> None:
    publisher.publish(person_channel(user_id), dumps(shown))


def to_hubs(shown: Shown) -> None:
    """A word to the processes themselves: somebody is signed out, a membership has changed."""
    publisher.publish(CONTROL, dumps(shown))


def hubs_after_commit(shown: Shown) -> None:
    transaction.on_commit(lambda: to_hubs(shown), robust=True)
