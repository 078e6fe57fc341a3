"""What was said, for the many who only read: JSON that PostgreSQL wrote, of the stretch that this person may see.

`reading.messages_of`, `log.after` and `reading.rooms_of` say the same with querysets; tests compare them.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from chat.querysets import history, shelves
from chat.services import access
from marketplace.common.postgis import fixed

END = 2**63 - 1  # no room is as long as that


@dataclass(frozen=True)
class Page:
    items: bytes  # a JSON list
    total: int
    total_is_exact: bool
    has_more: bool


@dataclass(frozen=True)
class Stretch:
    events: bytes  # a JSON list
    has_more: bool
    epoch: UUID
    last_seq: int


def page(
    reader: User,
    room_id: UUID,
    *,
    limit: int,
    offset: int = 0,
    before: UUID | None = None,
    before_seq: int | None = None,
    after_seq: int | None = None,
) -> Page:
    """Newest first; with `after_seq` the ones that follow it, oldest first."""
    standing = access.standing(reader.pk, room_id)
    standing.must_look()
    first, end = _seen(standing)
    below = min(end, END if before_seq is None else before_seq)
    if before is not None:
        below = min(below, _place_of(before, room_id, first, end))
    statement = history.NEWEST_FIRST if after_seq is None else history.OLDEST_FIRST
    asked = {"room": room_id, "first": first, "end": end, "below": below, "limit": limit, "offset": offset}
    row = fixed.ask(statement, {**asked, "above": max(first, after_seq or 0)})
    items, has_more, counted = row or (b"[]", False, 0)
    return Page(items, *total_of(counted, standing), has_more)


def events(reader: User, room_id: UUID, *, since: int, limit: int) -> Stretch:
    """What happened after a number, in order and without gaps."""
    standing = access.standing(reader.pk, room_id)
    standing.must_look()
    first, end = _seen(standing)
    asked = {"room": room_id, "first": first, "above": max(first, since), "below": end, "limit": limit}
    shown, has_more = fixed.ask(history.EVENTS, asked) or (b"[]", False)
    return Stretch(shown, has_more, standing.epoch, standing.seq if standing.last_seq is None else standing.last_seq)


def rooms(reader: User, *, kinds: list[str], listing_id: UUID | None, limit: int, offset: int) -> bytes:
    """One's own: what was talked in last stands first. A JSON list."""
    asked = {"user": reader.pk, "kinds": kinds, "listing": listing_id, "limit": limit, "offset": offset}
    row = fixed.ask(shelves.LIST, asked)
    return bytes(row[0]) if row else b"[]"


def total_of(counted: int, standing: access.Standing) -> tuple[int, bool]:
    """How many messages, and whether that was counted; else it is how much has happened, which is rarely much more."""
    if counted <= history.EXACT_UP_TO:
        return counted, True
    last = standing.seq if standing.last_seq is None else standing.last_seq
    return max(counted, last - standing.first_seq), False


def _seen(standing: access.Standing) -> tuple[int, int]:
    """Between these two numbers, both left out."""
    return standing.first_seq, END if standing.last_seq is None else standing.last_seq + 1


def _place_of(message: UUID, room_id: UUID, first: int, end: int) -> int:
    """Before one that is not there to be seen stands nothing."""
    found = fixed.ask(history.PLACE, {"message": message, "room": room_id, "above": first, "below": end})
    return 0 if found is None else int(found[0])
