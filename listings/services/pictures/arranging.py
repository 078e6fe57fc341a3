"""The owner's pictures: their order, the first being the cover, and taking one away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from listings.models import Photo, RemovedPhoto
from listings.services import listings
from listings.services.pictures.events import announce, wake_up
from listings.services.pictures.showing import PictureNotFound
from marketplace.common.errors import InvalidInput


@transaction.atomic
def arrange(listing_id: UUID, *, owner: User, photo_ids: Sequence[UUID], now: datetime) -> list[Photo]:
    listing = listings.lock_own(listing_id, owner=owner)
    photos = {photo.pk: photo for photo in listing.photos.in_order()}
    if sorted(photo_ids) != sorted(photos):
        raise InvalidInput.one(["body", "photo_ids"], "Name every picture of the listing once")
    wanted = [photos[photo_id] for photo_id in photo_ids]
    if list(photos) == list(photo_ids):
        return wanted
    for position, photo in enumerate(wanted):
        photo.position = position
    Photo.objects.bulk_update(wanted, ["position"])
    listings.touch(listing, now=now)
    return wanted


@transaction.atomic
def remove(listing_id: UUID, photo_id: UUID, *, owner: User, now: datetime) -> None:
    """The row goes now, the files after the commit: a store that is away holds nobody up."""
    listing = listings.lock_own(listing_id, owner=owner)
    photo: Photo | None = listing.photos.select_for_update().filter(pk=photo_id).first()
    if photo is None:
        raise PictureNotFound
    RemovedPhoto.objects.create(storage_key=photo.storage_key)
    announce("photo.removed", photo)
    photo.delete()
    listings.touch(listing, now=now)
    wake_up.after_commit()
