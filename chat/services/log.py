"""How a room grows, and how it is read again.

What comes next is decided under the lock of the room's row. So numbers are committed in their order, without gaps,
and who has seen up to a number has seen everything up to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch
from django.db.models.functions import Now

from accounts.models import User
from chat import announcing, frames
from chat.models import Event, Message, Room
from chat.services.access import Standing
from chat.services.errors import ChatNotFound

MOST_AT_ONCE = 500


def lock(room_id: UUID) -> Room:
    """Inside a transaction; whoever writes in the room, or about who may, holds this."""
    room: Room | None = Room.objects.select_for_update(of=("self",)).filter(pk=room_id).first()
    if room is None:
        raise ChatNotFound
    return room


def append(
    room: Room, type: str, *, actor: User | None = None, message: Message | None = None, **payload: Any
) -> Event:
    """The next of the room's events, announced when all of it is committed. The caller holds the room's lock."""
    seq = next_seq(room)
    event: Event = Event.objects.create(
        room=room, seq=seq, type=type, actor=actor, message=message, payload=payload, created_at=Now()
    )
    event.refresh_from_db(fields=["created_at"])
    announcing.after_commit(frames.frame(room, event))
    return event


def next_seq(room: Room) -> int:
    Room.objects.filter(pk=room.pk).update(last_seq=F("last_seq") + 1, updated_at=Now())
    room.last_seq += 1
    return room.last_seq


def change_rules(room: Room) -> None:
    """Whoever may write has changed: what is being sent right now is judged anew."""
    Room.objects.filter(pk=room.pk).update(rules=F("rules") + 1)
    room.rules += 1


def after(standing: Standing, since: int, *, limit: int = MOST_AT_ONCE) -> list[frames.Frame]:
    """What happened after a number, in order, as far as this person may see it."""
    rows = _of(standing, max(since, standing.first_seq))
    return _seen(standing, _framed(rows, standing.room_id, standing.number, limit))


def latest(standing: Standing, *, limit: int) -> list[frames.Frame]:
    """The last ones, in order."""
    rows = _of(standing, standing.first_seq).order_by("-seq")[:limit]
    return _seen(standing, _framed(rows, standing.room_id, standing.number, limit))[::-1]


def everything_after(room_id: UUID, number: int, since: int, *, limit: int = MOST_AT_ONCE) -> list[frames.Frame]:
    """For a hub, which passes on to each only what each may see."""
    return _framed(
        _with_words(Event.objects.filter(room=room_id, seq__gt=since)).order_by("seq"), room_id, number, limit
    )


def watermarks(room_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, int]]:
    """How far each room's log goes."""
    rows = Room.objects.filter(pk__in=list(room_ids)).values_list("pk", "epoch", "last_seq")
    return {key: (epoch, seq) for key, epoch, seq in rows}


def _of(standing: Standing, since: int) -> Any:
    rows = Event.objects.filter(room=standing.room_id, seq__gt=since)
    if standing.last_seq is not None:
        rows = rows.filter(seq__lte=standing.last_seq)
    return _with_words(rows).order_by("seq")


def _with_words(rows: Any) -> Any:
    return rows.select_related("actor").prefetch_related(Prefetch("message", Message.objects.shown()))


def _seen(standing: Standing, found: list[frames.Frame]) -> list[frames.Frame]:
    return [frames.seen_from(frame, standing.first_seq) for frame in found]


def _framed(rows: Any, room_id: UUID, number: int, limit: int) -> list[frames.Frame]:
    room = Room(pk=room_id, number=number)
    return [frames.frame(room, event) for event in rows[:limit]]
