"""Lists of rooms and of messages, as one person sees them, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Case, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from accounts.models import User
from chat.models import Member, Message, Room
from chat.querysets.history import EXACT_UP_TO
from chat.querysets.room import OPEN_TO_ALL
from chat.querysets.shelves import MOST_PARTICIPANTS
from chat.services import access, marks
from chat.services.errors import ChatNotFound, MessageNotFound
from chat.services.history import total_of


@dataclass(frozen=True)
class Shelf:
    """A room in somebody's list."""

    room: Room
    unread: int
    last_message: Message | None
    mine: Member | None


@dataclass(frozen=True)
class Page:
    items: list[Message]
    total: int
    total_is_exact: bool
    has_more: bool


def rooms_of(user: User, *, kinds: list[str], listing_id: UUID | None, limit: int, offset: int) -> list[Shelf]:
    """One's own: what was talked in last stands first."""
    rooms = Room.objects.talked_in(user).filter(kind__in=kinds)
    if listing_id is not None:
        rooms = rooms.filter(listing=listing_id)
    rooms = rooms.annotate(active_at=Coalesce("last_message_at", "created_at")).order_by("-active_at", "-pk")
    return shelved(user, rooms[offset : offset + limit])


def room_seen_by(user: User, room_id: UUID, *, kinds: list[str] | None = None) -> Shelf:
    rooms = Room.objects.visible_to(user).filter(pk=room_id)
    found = shelved(user, rooms.filter(kind__in=kinds) if kinds else rooms)
    if not found:
        raise ChatNotFound
    return found[0]


def shelved(user: User, rooms: QuerySet[Room]) -> list[Shelf]:
    own = Member.objects.filter(room=OuterRef("pk"), user=user, state=Member.State.ACTIVE)
    joined_seq = Subquery(own.values("joined_seq")[:1])  # none: of a room that is not open, nothing is theirs to see
    last = Message.objects.filter(room=OuterRef("pk"), seq__gt=OuterRef("first_seq")).order_by("-seq").values("pk")
    rows = list(
        rooms.annotate(first_seq=Case(When(OPEN_TO_ALL, then=0), default=joined_seq, output_field=BigIntegerField()))
        .annotate(last_message_id=Subquery(last[:1]))
        .select_related("owner")
        .prefetch_related(Prefetch("members", _participants(), to_attr="participants"))
    )
    said = Message.objects.shown().in_bulk([row.last_message_id for row in rows if row.last_message_id])
    mine = {each.room_id: each for each in Member.objects.filter(user=user, room__in=[row.pk for row in rows])}
    waiting = marks.unread_by_room(user, [row.pk for row in rows])
    return [
        Shelf(row, waiting.get(row.pk, 0), said.get(row.last_message_id), mine.get(row.pk))
        for row in rows
        if row.is_open_to_all or row.pk in mine
    ]


def messages_of(
    user: User,
    room_id: UUID,
    *,
    limit: int,
    offset: int = 0,
    before: UUID | None = None,
    before_seq: int | None = None,
    after_seq: int | None = None,
) -> Page:
    """Newest first; with `after_seq` the ones that follow it, oldest first."""
    standing = access.standing(user.pk, room_id)
    standing.must_look()
    seen = Message.objects.within(standing)
    rows = _narrowed(seen, before=before, before_seq=before_seq, after_seq=after_seq)
    rows = rows.order_by("seq" if after_seq is not None else "-seq")
    found = list(rows.shown()[offset : offset + limit + 1])
    counted = seen.order_by()[: EXACT_UP_TO + 1].count()
    return Page(found[:limit], *total_of(counted, standing), len(found) > limit)


def said_in(user: User, room_id: UUID, *, limit: int, offset: int = 0) -> list[Message]:
    """What still says something, newest first: for clients that know no messages taken back."""
    standing = access.standing(user.pk, room_id)
    standing.must_look()
    rows = Message.objects.within(standing).that_still_say_something().shown().order_by("-seq")
    return list(rows[offset : offset + limit])


def found_in(user: User, text: str, *, room_id: UUID | None, limit: int) -> list[Message]:
    """In rooms where one is a member now, as far as one may see them; newest first."""
    own = Member.objects.filter(user=user, state=Member.State.ACTIVE)
    started = own.filter(room=OuterRef("room")).values("joined_seq")[:1]
    is_seen = Q(room__kind=Room.Kind.GROUP, room__is_private=False) | Q(seq__gt=Subquery(started))
    rows = Message.objects.saying(text).filter(is_seen, room__in=own.values("room"))
    if room_id is not None:
        rows = rows.filter(room=room_id)
    return list(rows.shown().order_by("-pk")[:limit])


def message_seen_by(user: User, message_id: UUID) -> Message:
    message: Message | None = Message.objects.shown().filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    standing = access.standing(user.pk, message.room_id)
    if not (standing.may_look and Message.objects.within(standing).filter(pk=message.pk).exists()):
        raise MessageNotFound
    return message


def members_in(room: Room) -> QuerySet[Member]:
    """Who is in it now, longest first; of a room that was found for who asks."""
    return Member.objects.filter(room=room, state=Member.State.ACTIVE).select_related("user").order_by("pk")


def members_of(user: User, room_id: UUID, *, after: UUID | None = None) -> QuerySet[Member]:
    """`after` is whoever was last on the page before, also if they have left the room meanwhile."""
    standing = access.standing(user.pk, room_id)
    if not (standing.may_follow or standing.state == Member.State.INVITED):
        raise ChatNotFound
    states = [Member.State.ACTIVE, Member.State.INVITED] if standing.is_privileged else [Member.State.ACTIVE]
    rows = Member.objects.filter(room=room_id, state__in=states).select_related("user").order_by("pk")
    if after is None:
        return rows
    return rows.filter(pk__gt=Subquery(Member.objects.filter(room=room_id, user=after).values("pk")[:1]))


def _participants() -> QuerySet[Member]:
    rows = Member.objects.filter(state=Member.State.ACTIVE).select_related("user").order_by("pk")
    return rows[:MOST_PARTICIPANTS]  # of each room: Django asks with a window


def _narrowed(rows: Any, *, before: UUID | None, before_seq: int | None, after_seq: int | None) -> Any:
    if before is not None:
        rows = rows.filter(seq__lt=Subquery(rows.filter(pk=before).values("seq")[:1]))
    if before_seq is not None:
        rows = rows.filter(seq__lt=before_seq)
    return rows if after_seq is None else rows.filter(seq__gt=after_seq)


def place_meant(user: User, room_id: UUID, body: Mapping[str, Any]) -> int:
    """Up to where somebody has read: a message of this room, a number, or everything there is."""
    if body.get("last_message_id") is not None:
        message = message_seen_by(user, body["last_message_id"])
        if message.room_id != room_id:
            raise ChatNotFound
        return message.seq
    if body.get("seq") is not None:
        return int(body["seq"])
    return access.standing(user.pk, room_id).seq
