"""How far somebody has read, and what still waits for them. Marks only move forward, unless one says "unread"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.models import User
from chat import announcing
from chat.models import Member
from chat.querysets.shelves import MOST_UNREAD
from chat.services import access
from chat.services.errors import ChatNotFound

_MARK = """
UPDATE chat_member m SET {column} = LEAST(%(seq)s, r.last_seq)
FROM chat_room r
WHERE r.id = m.room_id AND m.room_id = %(room)s AND m.user_id = %(user)s AND m.state = 'active'
  AND m.{column} < LEAST(%(seq)s, r.last_seq)
RETURNING m.{column}
"""
_UNREAD = """
SELECT m.room_id, waiting.many FROM chat_member m CROSS JOIN LATERAL (
  SELECT count(*) AS many FROM (
    SELECT FROM chat_message s
    WHERE s.room_id = m.room_id AND s.seq > GREATEST(m.last_read_seq, m.joined_seq)
      AND s.sender_id IS DISTINCT FROM m.user_id AND s.deleted_at IS NULL AND s.hidden_at IS NULL
    ORDER BY s.seq LIMIT %(most)s
  ) AS counted
) AS waiting
WHERE m.user_id = %(user)s AND m.state = 'active' AND (%(rooms)s::uuid[] IS NULL OR m.room_id = ANY(%(rooms)s))
  AND waiting.many > 0
"""


def read_up_to(user: User, room_id: UUID, seq: int) -> int:
    """Everything up to this number was read; returns where the mark stands now."""
    return _move("last_read_seq", "read", user, room_id, seq)


def delivered_up_to(user: User, room_id: UUID, seq: int) -> int:
    return _move("last_delivered_seq", "delivered", user, room_id, seq)


def unread_from(user: User, room_id: UUID, seq: int) -> int:
    """Back again: this message and what follows it is to be read once more."""
    member = _membership(user, room_id)
    mark = max(0, min(seq - 1, member.last_read_seq))
    Member.objects.filter(pk=member.pk).update(last_read_seq=mark)
    announcing.to_person(user.pk, {"type": "unread", "room": str(room_id), "count": unread(user, [room_id])})
    return mark


def unread_by_room(user: User, room_ids: Iterable[UUID] | None = None) -> dict[UUID, int]:
    """Messages of others that still say something, for each room in which there are any; counted up to 999 in each."""
    rooms = None if room_ids is None else list(room_ids)
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, {"user": user.pk, "rooms": rooms, "most": MOST_UNREAD})
        return dict(cursor.fetchall())


def unread(user: User, room_ids: Iterable[UUID] | None = None) -> int:
    return sum(unread_by_room(user, room_ids).values())


def mute(user: User, room_id: UUID, until: datetime | None) -> None:
    member = _membership(user, room_id)
    Member.objects.filter(pk=member.pk).update(muted_until=until)


def put_away(user: User, room_id: UUID) -> None:
    """Out of one's list of chats, until something new is said there."""
    member = _membership(user, room_id)
    seq = access.standing(user.pk, room_id).seq
    Member.objects.filter(pk=member.pk).update(hidden_seq=seq)


def _move(column: str, name: str, user: User, room_id: UUID, seq: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MARK.format(column=column), {"seq": seq, "room": room_id, "user": user.pk})
        moved = cursor.fetchone()
    if moved is None:
        return int(getattr(_membership(user, room_id), column))
    announcing.passing(room_id, {"type": name, "room": str(room_id), "user_id": str(user.pk), "seq": moved[0]})
    if name == "read":
        announcing.to_person(user.pk, {"type": "unread", "room": str(room_id), "count": unread(user, [room_id])})
    return int(moved[0])


def _membership(user: User, room_id: UUID) -> Member:
    member: Member | None = Member.objects.filter(room=room_id, user=user, state=Member.State.ACTIVE).first()
    if member is None:
        raise ChatNotFound
    return member
