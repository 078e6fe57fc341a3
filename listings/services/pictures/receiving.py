"""Pictures that come through our own door, in a form: with a new listing, or to be made small at once.

The store is only talked to between transactions. A file that was kept for a listing that never came is an orphan, and
collected as one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.db import transaction

from accounts.models import User
from listings.models import Listing, Photo
from listings.models.photo import original_key
from listings.pictures.danger import danger_in
from listings.pictures.decode import NotAPicture
from listings.pictures.painter import PainterLost, painter
from listings.services import listings
from listings.services.pictures import keys, work
from listings.services.pictures.events import announce, wake_up
from marketplace.common.errors import DomainError, TooLarge
from marketplace.common.ids import uuid7
from marketplace.common.storage import extension_of, get_store
from marketplace.common.storage.filetypes import SNIFF_BYTES, TYPE_OF_EXTENSION, canonical

EXTENSION_OF_TYPE = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class NotAnImage(DomainError):
    code = "not_an_image"
    detail = "Send a JPEG, PNG or WebP picture"


class Part(Protocol):
    """A file of a form."""

    content_type: Any
    size: Any
    file: Any


def offer_with_picture(seller: User, part: Part, *, facts: Mapping[str, Any], max_bytes: int) -> Listing:
    """Not inside a transaction. Listing and picture are there together, or neither is."""
    listing_id = uuid7()
    key = keys.new_for(listing_id, _judged(part, max_bytes=max_bytes))
    content_type = TYPE_OF_EXTENSION[extension_of(key)]
    get_store().save(original_key(key), part.file, content_type=content_type)
    with transaction.atomic():
        listing = listings.offer(seller, facts=facts, listing_id=listing_id)
        photo = Photo.objects.create(listing=listing, storage_key=key, content_type=content_type, size_bytes=part.size)
        announce("photo.confirmed", photo)
        wake_up.after_commit()
    work.work_at_once(photo)
    return listings.fresh(listing)


def small_version(part: Part, *, pixels: int, max_bytes: int) -> bytes:
    """As JPEG, drawn anew: nothing but the picture is left of it."""
    _judged(part, max_bytes=max_bytes)
    with tempfile.TemporaryDirectory(prefix="picture-") as name:
        folder = Path(name)
        original = folder / "original"
        with original.open("wb") as target:
            shutil.copyfileobj(part.file, target)
        try:
            painter.preview(original, folder, pixels=pixels)
        except (NotAPicture, PainterLost) as trouble:
            raise NotAnImage from trouble
        return (folder / f"{pixels}.jpg").read_bytes()


def _judged(part: Part, *, max_bytes: int) -> str:
    """Its ending. Whether it really is a picture is found out by who decodes it."""
    extension = EXTENSION_OF_TYPE.get(canonical(str(part.content_type)))
    if extension is None or danger_in(_first_bytes(part.file)) is not None:
        raise NotAnImage
    if part.size > max_bytes:
        raise TooLarge
    return extension


def _first_bytes(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(SNIFF_BYTES)
    file.seek(0)
    return head
