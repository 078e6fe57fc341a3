"""Who is woken for files, and what their rooms are told once the worker has looked at one."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from chat.models import Event, Message, Upload
from chat.services import log
from marketplace.common.wake import WakeUp

wake_up = WakeUp("files")


def tell_rooms_of(upload: Upload) -> None:
    """Each in a transaction of its own, so that nobody ever holds two rooms. Told twice is no harm."""
    rooms = Message.objects.carrying(upload).order_by("room").values_list("room", flat=True).distinct()
    for room_id in list(rooms):
        _tell(room_id, upload)


def tell_what_was_missed(message_id: UUID, upload_ids: list[UUID]) -> None:
    """For a message that was on its way while the worker told the rooms: what it says of its files is out of date."""
    message = Message.objects.filter(pk=message_id).first()
    for upload in Upload.objects.filter(pk__in=upload_ids).exclude(state=Upload.State.WAITING).order_by("pk"):
        if message is not None:
            _tell(message.room_id, upload, only=message_id)


@transaction.atomic
def _tell(room_id: UUID, upload: Upload, *, only: UUID | None = None) -> None:
    room = log.lock(room_id)
    carriers = Message.objects.shown().carrying(upload).filter(room=room_id)
    for message in (carriers if only is None else carriers.filter(pk=only)).order_by("seq"):
        log.append(room, Event.Type.ATTACHED, message=message, upload_id=str(upload.pk))
