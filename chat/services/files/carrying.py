"""The files of a message that is about to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from accounts.models import User
from chat.models import Attachment, Message, Upload
from chat.services.errors import UploadNotFound, UploadNotReady, UploadWasRefused
from marketplace.common.errors import InvalidInput

MOST_FILES = 10


def chosen(sender: User, upload_ids: Sequence[UUID]) -> list[Upload]:
    """One's own, whose bytes are there; in the order in which they were named."""
    if not upload_ids:
        return []
    _must_fit(upload_ids)
    found = Upload.objects.of(sender).in_bulk(list(upload_ids))
    if len(found) < len(upload_ids):
        raise UploadNotFound
    uploads: list[Upload] = [found[key] for key in upload_ids]
    if not all(upload.is_here for upload in uploads):
        raise UploadNotReady
    if any(upload.state == Upload.State.REFUSED for upload in uploads):
        raise UploadWasRefused
    return uploads


def attached(message: Message, uploads: Sequence[Upload]) -> list[Attachment]:
    """The rows as the statement that sends the message writes them."""
    return [Attachment(message=message, upload=upload, position=place) for place, upload in enumerate(uploads, 1)]


def _must_fit(upload_ids: Sequence[UUID]) -> None:
    if len(upload_ids) > MOST_FILES:
        raise InvalidInput.one(["body", "upload_ids"], f"A message carries at most {MOST_FILES} files")
    if len(set(upload_ids)) < len(upload_ids):
        raise InvalidInput.one(["body", "upload_ids"], "A message carries each file once")
