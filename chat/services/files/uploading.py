"""From a wish to upload to a file that can be sent: by an address of the store, or through our own door.

The row is there first, so whatever lies in the store belongs to one. The store is only talked to between transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO, Protocol

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from chat.models import Upload
from chat.services.errors import TooManyUnsent, UploadNotFound
from chat.services.files import naming, scanning
from chat.services.files.events import wake_up
from marketplace.common.errors import InvalidInput, TooLarge
from marketplace.common.storage import ObjectInfo, PresignedPut, StorageUnavailable, extension_of, get_store
from marketplace.common.storage.filetypes import SNIFF_BYTES, TYPE_OF_EXTENSION
from marketplace.common.storage.intake import NotUploaded, take_in

MOST_AT_ONCE = 10
MOST_UNSENT = 200  # of one person, within the day after which they are collected


class Part(Protocol):
    """A file of a form."""

    name: Any
    content_type: Any
    size: Any
    file: Any


def presign(
    user: User, *, filename: str, content_type: str, size: int | None, max_bytes: int
) -> tuple[Upload, PresignedPut]:
    """A row, and an address that writes the waiting room of its key, with this type and no other."""
    extension = naming.chosen_extension(filename, content_type, at=("filename", "content_type"))
    _require_room(user)
    upload = _row(user, filename, extension, size=size or 0)
    upload.save()
    granted = get_store().presign_put(
        upload.storage_key, content_type=content_type, content_length=size, max_length=max_bytes
    )
    return upload, granted


def confirm(user: User, *, object_key: str, name: str, max_bytes: int) -> Upload:
    """Not inside a transaction. A repeated or parallel confirmation answers with the same row."""
    upload: Upload | None = Upload.objects.of(user).filter(storage_key=object_key).first()
    if upload is None:
        raise UploadNotFound
    if upload.is_here:
        return upload
    extension = extension_of(object_key)

    def problem_of(found: ObjectInfo, head: bytes) -> str | None:
        return naming.problem_with(
            content_type=found.content_type, size=found.size, head=head, extension=extension, max_bytes=max_bytes
        )

    try:
        kept = take_in(get_store(), object_key, lasting_key=upload.original_key, problem_of=problem_of)
    except NotUploaded:
        confirmed: Upload | None = Upload.objects.here().filter(pk=upload.pk).first()
        if confirmed is None:
            raise
        return confirmed  # another confirmation was first, and the worker has cleared the original away since
    upload.size_bytes, upload.name = kept.size, naming.fit_name(name or upload.name, extension)
    return _arrived([upload])[0]


def receive(user: User, parts: Sequence[Part], *, field: str, max_bytes: int) -> list[Upload]:
    """Not inside a transaction. All are looked at before one is kept; what is not kept to the end is collected."""
    if not 0 < len(parts) <= MOST_AT_ONCE:
        raise InvalidInput.one(["body", field], f"Send one `file`, or up to {MOST_AT_ONCE} `files`")
    endings = [_judged(part, field, max_bytes=max_bytes) for part in parts]
    _require_room(user, len(parts))
    uploads = [_row(user, str(part.name), ending, part.size) for part, ending in zip(parts, endings, strict=True)]
    Upload.objects.bulk_create(uploads)
    for upload, part in zip(uploads, parts, strict=True):
        get_store().save(upload.original_key, part.file, content_type=upload.content_type)
    return _arrived(uploads)


def _judged(part: Part, field: str, *, max_bytes: int) -> str:
    """Its ending, or why it is not taken."""
    content_type = naming.declared(part.content_type, str(part.name))
    extension = naming.chosen_extension(str(part.name), content_type, at=(field, field))
    if part.size > max_bytes:
        raise TooLarge
    head = _first_bytes(part.file)
    problem = naming.problem_with(
        content_type=content_type, size=part.size, head=head, extension=extension, max_bytes=max_bytes
    )
    if problem is not None:
        raise InvalidInput.one(["body", field], problem)
    return extension


def _first_bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(SNIFF_BYTES)
    file.seek(0)
    return head


def _row(user: User, name: str, extension: str, size: int) -> Upload:
    return Upload(
        uploader=user,
        name=naming.fit_name(name, extension),
        content_type=TYPE_OF_EXTENSION[extension],
        size_bytes=size,
        storage_key=naming.key_for(user.pk, extension),
    )


def _require_room(user: User, many: int = 1) -> None:
    if Upload.objects.of(user).carried_by_nothing().count() + many > MOST_UNSENT:
        raise TooManyUnsent


def _arrived(uploads: list[Upload]) -> list[Upload]:
    """The bytes are there. What needs no look by the worker is ready at once."""
    with transaction.atomic():
        missing = [upload for upload in uploads if not _mark(upload)]
        wake_up.after_commit()
    if missing:
        _clear_up_after(missing)
        raise UploadNotFound
    found = Upload.objects.in_bulk([upload.pk for upload in uploads])
    return [found[upload.pk] for upload in uploads if upload.pk in found]


def _mark(upload: Upload) -> bool:
    needs_a_look = scanning.is_on() or upload.is_picture
    next_step: dict[str, Any] = {"due_at": Now()} if needs_a_look else {"state": Upload.State.READY}
    waiting = Upload.objects.filter(pk=upload.pk, state=Upload.State.WAITING, due_at__isnull=True)
    if waiting.update(name=upload.name, size_bytes=upload.size_bytes, **next_step):
        return True
    return Upload.objects.here().filter(pk=upload.pk).exists()  # another confirmation was first


def _clear_up_after(removed: list[Upload]) -> None:
    """They were removed while we kept them."""
    with suppress(StorageUnavailable):  # then they are strays, and strays are collected
        for upload in removed:
            get_store().delete(upload.original_key)
