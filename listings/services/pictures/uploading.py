"""From a wish to upload to a row that waits for the worker. See docs/decisions/0005-uploads.md.

The store is only talked to between transactions: look, promote, and then write the row. Whatever dies in between
leaves an object without a row, which a repeated confirmation picks up and otherwise the collector of orphans.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from listings.models import Listing, Photo, RemovedPhoto
from listings.models.photo import original_key
from listings.pictures.danger import danger_in
from listings.services import listings
from listings.services.pictures import keys
from listings.services.pictures.events import announce, wake_up
from marketplace.common.errors import Conflict
from marketplace.common.storage import ObjectInfo, ObjectStore, PresignedPut, extension_of, get_store
from marketplace.common.storage.filetypes import TYPE_OF_EXTENSION, canonical
from marketplace.common.storage.intake import take_in

MOST_PHOTOS = 12


class TooManyPhotos(Conflict):
    code = "too_many_photos"
    detail = f"A listing has at most {MOST_PHOTOS} pictures; remove one first"


class PictureRemoved(Conflict):
    code = "picture_removed"
    detail = "This picture was removed; ask for a new address to upload it again"


def presign(
    listing_id: UUID, *, owner: User, extension: str, content_type: str, size: int | None, max_bytes: int
) -> tuple[str, PresignedPut]:
    """A key of ours and an address that writes to its waiting room, with this type and no other."""
    listing = _own(listing_id, owner=owner)
    _require_room(listing)
    key = keys.new_for(listing.pk, extension)
    granted = get_store().presign_put(key, content_type=content_type, content_length=size, max_length=max_bytes)
    return key, granted


def confirm(
    listing_id: UUID,
    *,
    owner: User,
    object_key: str,
    max_bytes: int,
    width: int | None = None,
    height: int | None = None,
    now: datetime,
) -> Photo:
    """Not inside a transaction. A repeated or parallel confirmation answers with the same row."""
    listing = _own(listing_id, owner=owner)
    keys.require_for(listing.pk, object_key)
    known: Photo | None = listing.photos.filter(storage_key=object_key).first()
    if known is not None:
        return known
    _require_room(listing)
    kept = _promoted(get_store(), object_key, max_bytes=max_bytes)
    return _add(listing.pk, owner=owner, object_key=object_key, kept=kept, width=width, height=height, now=now)


def _own(listing_id: UUID, *, owner: User) -> Listing:
    listing: Listing | None = Listing.objects.of(owner).filter(pk=listing_id).first()
    if listing is None:
        raise listings.ListingNotFound
    return listing


def _require_room(listing: Listing) -> None:
    if listing.photos.count() >= MOST_PHOTOS:
        raise TooManyPhotos


def _promoted(store: ObjectStore, key: str, *, max_bytes: int) -> ObjectInfo:
    def problem_of(found: ObjectInfo, head: bytes) -> str | None:
        return _problem(key, found, head, max_bytes=max_bytes)

    return take_in(store, key, lasting_key=original_key(key), problem_of=problem_of)


def _problem(key: str, found: ObjectInfo, head: bytes, *, max_bytes: int) -> str | None:
    if found.size == 0:
        return "The file is empty"
    if found.size > max_bytes:
        return f"A picture has at most {max_bytes} bytes, this one has {found.size}"
    if canonical(found.content_type) != TYPE_OF_EXTENSION[extension_of(key)]:
        return "The file was not uploaded with the content type its address was made for"
    danger = danger_in(head)
    return None if danger is None else f"This is {danger}, not a picture"


@transaction.atomic
def _add(
    listing_id: UUID,
    *,
    owner: User,
    object_key: str,
    kept: ObjectInfo,
    width: int | None,
    height: int | None,
    now: datetime,
) -> Photo:
    listing = listings.lock_own(listing_id, owner=owner)
    known: Photo | None = listing.photos.filter(storage_key=object_key).first()
    if known is not None:
        return known
    if RemovedPhoto.objects.filter(storage_key=object_key).exists():
        raise PictureRemoved
    _require_room(listing)
    last = listing.photos.aggregate(last=Max("position"))["last"]
    photo: Photo = Photo.objects.create(
        listing=listing,
        storage_key=object_key,
        position=0 if last is None else last + 1,
        content_type=TYPE_OF_EXTENSION[extension_of(object_key)],
        size_bytes=kept.size,
        width=width or None,  # the sender's word, until the worker has looked
        height=height or None,
    )
    listings.touch(listing, now=now)
    announce("photo.confirmed", photo)
    wake_up.after_commit()
    return photo
