"""Who gets a file: who sent it up, and who may look at a message that carries it. Asked anew each time."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from chat.models import Member, Message, Room, Upload
from chat.services import access
from chat.services.errors import PreviewNotFound, UploadInUse, UploadNotFound, UploadNotReady
from chat.services.files import upkeep


def own(user: User, upload_id: UUID) -> Upload:
    return _or_nothing(Upload.objects.of(user).filter(pk=upload_id).first())


def key_to_read(user: User, upload_id: UUID, *, is_preview: bool) -> tuple[str, Upload]:
    """Where it lies, if it may be read by this person now. What was refused is read by nobody."""
    readable = Upload.objects.here().exclude(state=Upload.State.REFUSED)
    upload = _or_nothing(readable.filter(pk=upload_id).first())
    if upload.uploader_id != user.pk and not is_carried_to(user, upload):
        raise UploadNotFound
    if upload.state == Upload.State.WAITING:
        raise UploadNotReady("This file has not been looked at yet")
    if is_preview and not upload.has_preview:
        raise PreviewNotFound
    return (upload.preview_key if is_preview else upload.storage_key), upload


def is_carried_to(user: User, upload: Upload) -> bool:
    seats = Member.objects.filter(user=user).exclude(state=Member.State.BANNED)
    reachable = Q(room__in=seats.values("room")) | Q(room__in=Room.objects.open_to_all().values("pk"))
    carriers = Message.objects.carrying(upload)
    rooms = carriers.filter(reachable).order_by("room").values_list("room", flat=True).distinct()
    return any(_is_seen_in(user, room_id, upload) for room_id in rooms)


def _is_seen_in(user: User, room_id: UUID, upload: Upload) -> bool:
    standing = access.standing(user.pk, room_id)
    return standing.may_look and Message.objects.within(standing).carrying(upload).exists()


@transaction.atomic
def remove(user: User, upload_id: UUID) -> None:
    """One's own, while no message carries it. Its files follow the commit."""
    upload = _or_nothing(Upload.objects.of(user).select_for_update().filter(pk=upload_id).first())
    if not upkeep.drop(upload):
        raise UploadInUse


def _or_nothing(upload: Upload | None) -> Upload:
    if upload is None:
        raise UploadNotFound
    return upload
