"""A picture of a listing: what its owner sent, and what the worker made of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from listings.models.listing import Listing
from listings.querysets.photo import PhotoQuerySet, bands_of
from marketplace.common.ids import KeyField

SIZES = (300, 800)


class Photo(models.Model):
    """`storage_key` is the public name; until the picture is READY nothing lies there.

    The worker writes the re-encoded picture under it and its smaller versions beside it; what was uploaded stays
    private under `original_key`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for the worker"
        READY = "ready", "Ready"
        BROKEN = "broken", "Not a picture"

    id = KeyField()
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="photos", db_index=False)
    storage_key = models.CharField(max_length=300, unique=True)
    position = models.PositiveSmallIntegerField(default=0)  # the first is the cover
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    trouble = models.CharField(max_length=200, blank=True, default="")
    content_type = models.CharField(max_length=40)
    size_bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    colour = models.CharField(max_length=7, blank=True, default="")
    fingerprint = models.BigIntegerField(null=True, blank=True)  # 64-bit perceptual hash; none for a picture of nothing
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now(), null=True, blank=True)  # the worker's queue; none when it is done
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = PhotoQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["listing", "position", "id"], name="photo_of_listing"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="photo_due"),
            GinIndex(
                bands_of(F("fingerprint")),
                name="photo_lookalikes",
                condition=Q(state="ready", fingerprint__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.storage_key

    @property
    def original_key(self) -> str:
        return original_key(self.storage_key)

    def version_key(self, pixels: int) -> str:
        return version_key(self.storage_key, pixels)

    @property
    def keys(self) -> list[str]:
        """Everything in the store that belongs to this picture."""
        return keys_of(self.storage_key)


class RemovedPhoto(models.Model):
    """A picture whose files still have to go. Stays for a while afterwards, so that its key is not used again."""

    id = KeyField()
    storage_key = models.CharField(max_length=300, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now(), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="removed_photo_due"),
        ]

    def __str__(self) -> str:
        return self.storage_key


def original_key(storage_key: str) -> str:
    return f"originals/{storage_key}"


def version_key(storage_key: str, pixels: int) -> str:
    """`listings/<id>/<uuid>.png` -> `listings/<id>/thumbs/<uuid>_300.jpg`."""
    folder, _, name = storage_key.rpartition("/")
    return f"{folder}/thumbs/{name.rpartition('.')[0]}_{pixels}.jpg"


def keys_of(storage_key: str) -> list[str]:
    return [storage_key, original_key(storage_key), *(version_key(storage_key, pixels) for pixels in SIZES)]
