"""Where a picture can be looked at, by whom."""

from __future__ import annotations

from typing import Any

from listings.models import Listing, Photo
from marketplace.common.errors import NotFound
from marketplace.common.storage import get_store

PREVIEW_SECONDS = 900


class PictureNotFound(NotFound):
    code = "picture_not_found"
    detail = "Picture not found"


def preview_url(photo: Photo, *, viewer: Any) -> str | None:
    """Public once it is ready. Until then only the owner sees what they sent: it may say where it was taken."""
    if photo.state == Photo.State.READY:
        return get_store().public_url(photo.storage_key)
    if photo.listing.belongs_to(viewer):
        return get_store().presign_get(photo.original_key, expires_in=PREVIEW_SECONDS, inline=True)
    return None


def preview_of(object_key: str, *, viewer: Any) -> str:
    visible = Listing.objects.visible_to(viewer)
    photo = Photo.objects.select_related("listing").filter(storage_key=object_key, listing__in=visible).first()
    url = None if photo is None else preview_url(photo, viewer=viewer)
    if url is None:
        raise PictureNotFound
    return url
