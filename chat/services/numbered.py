"""Rooms and files by their public numbers, for clients that know no UUIDs. Who may see them is asked as always."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from accounts.models import User
from chat.models import Room, Upload
from chat.services.errors import ChatNotFound, UploadNotFound
from chat.services.files import reaching


def group(user: Any, number: int) -> Room:
    """One that this person, or nobody in particular, may look at by its address."""
    room: Room | None = Room.objects.groups().visible_to(user).filter(number=number).select_related("owner").first()
    if room is None:
        raise ChatNotFound("Room not found")
    return room


def file(user: User, number: int) -> Upload:
    """One's own, or one that a message carries to this person."""
    upload: Upload | None = Upload.objects.here().select_related("uploader").filter(number=number).first()
    if upload is None or (upload.uploader_id != user.pk and not reaching.is_carried_to(user, upload)):
        raise UploadNotFound
    return upload


def own_files(user: User, numbers: Sequence[int]) -> tuple[UUID, ...]:
    """What a message is to carry, in this order."""
    if not numbers:
        return ()
    found = dict(Upload.objects.of(user).filter(number__in=numbers).values_list("number", "pk"))
    if len(found) < len(set(numbers)):
        raise UploadNotFound
    return tuple(found[number] for number in numbers)
