"""Talk without rooms, for clients that know none: to one person or to everybody, and what of it concerns somebody."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from accounts.models import User
from chat.models import Member, Message, Room
from chat.services import opening, sending
from chat.services.sending import Draft
from marketplace.common.errors import NotFound

# The last of each room by its index, then the last of these: no room has to be read further back than is shown
_CONCERNING = """
SELECT said.id FROM (
  SELECT id FROM chat_room WHERE kind = 'broadcast'
  UNION ALL
  SELECT r.id FROM chat_member m JOIN chat_room r ON r.id = m.room_id
  WHERE m.user_id = %(user)s AND m.state = 'active' AND r.kind = 'direct'
) AS room CROSS JOIN LATERAL (
  SELECT id, created_at FROM chat_message
  WHERE room_id = room.id AND deleted_at IS NULL AND hidden_at IS NULL
  ORDER BY seq DESC LIMIT %(limit)s
) AS said
ORDER BY said.created_at DESC, said.id DESC LIMIT %(limit)s
"""


class ReceiverNotFound(NotFound):
    code = "receiver_not_found"
    detail = "Receiver not found"


@dataclass(frozen=True)
class Posted:
    message: Message
    sender: User
    receiver_number: int | None  # None: everybody


def post(sender: User, draft: Draft, *, receiver_number: int | None) -> Posted:
    if receiver_number is None:
        room = opening.for_everybody()
    else:
        receiver = User.objects.visible_to(sender).filter(number=receiver_number).first()
        if receiver is None:
            raise ReceiverNotFound
        room, _ = opening.between(sender, receiver)
    sent = sending.send(sender, room.pk, draft)
    return Posted(Message.objects.shown().get(pk=sent.message_id), sender, receiver_number)


def concerning(user: User, *, limit: int) -> list[Posted]:
    """To everybody, to them, and by them; newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_CONCERNING, {"user": user.pk, "limit": limit})
        order = {key: place for place, (key,) in enumerate(cursor.fetchall())}
    found = Message.objects.filter(pk__in=order).select_related("sender", "room").with_files()
    messages = sorted(found, key=lambda message: order[message.pk])
    receivers = _receivers([message for message in messages if message.room.kind == Room.Kind.DIRECT])
    return [
        Posted(message, message.sender, receivers.get(message.pk)) for message in messages if message.sender is not None
    ]


def _receivers(messages: list[Message]) -> dict[UUID, int]:
    """Of a room of two, the one who did not say it."""
    rooms = {message.room_id for message in messages}
    seats: dict[UUID, list[Member]] = {}
    for seat in Member.objects.filter(room__in=rooms).select_related("user"):
        seats.setdefault(seat.room_id, []).append(seat)
    return {
        message.pk: seat.user.number
        for message in messages
        for seat in seats[message.room_id]
        if seat.user_id != message.sender_id
    }
