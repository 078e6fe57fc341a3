"""A file that somebody sent up, and the messages that carry it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from chat.models.message import Message
from chat.querysets.upload import UploadQuerySet
from marketplace.common.ids import KeyField, NumberField

PREVIEW_PIXELS = 300
PICTURE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")


class Upload(models.Model):
    """There from the moment its address is asked for, so that whatever lies in the store has a row.

    `due_at` is the worker's queue: WAITING without it means that the bytes are not here yet. `width` and `height` are
    the worker's word; where they stand there is a preview too. A picture is handed out from its `storage_key`, where
    only the worker writes; as it was sent it lies under `original_key` until then.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READY = "ready", "Ready"
        REFUSED = "refused", "Refused"

    id = KeyField()
    number = NumberField(sequence="chat_upload_number")
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="uploads", db_index=False
    )
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField(default=0)
    storage_key = models.CharField(max_length=300, unique=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    trouble = models.CharField(max_length=200, blank=True, default="")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = UploadQuerySet.as_manager()

    class Meta:
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=["uploader", "-id"], name="upload_of_person"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="upload_due"),
        ]

    def __str__(self) -> str:
        return self.storage_key

    @property
    def is_here(self) -> bool:
        return self.state != self.State.WAITING or self.due_at is not None

    @property
    def is_picture(self) -> bool:
        return self.content_type in PICTURE_TYPES

    @property
    def has_preview(self) -> bool:
        return self.width is not None and self.state == self.State.READY

    @property
    def original_key(self) -> str:
        """Where it lies as it was sent. What is no picture is handed out from there."""
        return original_key(self.storage_key) if self.is_picture else self.storage_key

    @property
    def preview_key(self) -> str:
        return preview_key(self.storage_key)

    @property
    def keys(self) -> list[str]:
        """Everything in the store that belongs to it."""
        return [self.storage_key, self.preview_key, *([self.original_key] if self.is_picture else [])]


class Attachment(models.Model):
    """A message carries a file. Taking the message back ends that; the file goes once nothing carries it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments", db_index=False)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="attachments")
    position = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "upload"], name="attachment_once"),
            models.UniqueConstraint(fields=["message", "position"], name="attachment_place"),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} in {self.message_id}"


def original_key(storage_key: str) -> str:
    return f"originals/{storage_key}"


def preview_key(storage_key: str) -> str:
    """`chat/<person>/<uuid>.png` -> `chat/<person>/previews/<uuid>.png.jpg`."""
    folder, _, name = storage_key.rpartition("/")
    return f"{folder}/previews/{name}.jpg"
