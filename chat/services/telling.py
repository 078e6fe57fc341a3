"""What the product itself says in a room: the story of an order, in the chat of the two it concerns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from chat.models import Event, Message
from chat.services import log


@transaction.atomic
def say(room_id: UUID, text: str, *, data: dict[str, Any], on_behalf_of: User | None = None) -> Message:
    """`data` is the same for programs, which say it in their reader's language."""
    room = log.lock(room_id)
    message: Message = Message.objects.create(
        room=room, seq=room.last_seq + 1, sender=on_behalf_of, kind=Message.Kind.SYSTEM, body=text, data=data
    )
    log.append(room, Event.Type.CREATED, actor=on_behalf_of, message=Message.objects.shown().get(pk=message.pk))
    return message
