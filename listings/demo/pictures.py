"""Drawn pictures as the worker leaves an uploaded one: ready, with its smaller versions, colour and fingerprint."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence

from PIL import Image

from listings.demo.chance import dice, key
from listings.demo.drawing import picture
from listings.demo.offers import Offer
from listings.models import Photo
from listings.models.photo import SIZES
from listings.pictures.fingerprint import fingerprint, main_colour
from marketplace.common.storage import ObjectStore, get_store

MOST_OF_ONE_LISTING = 3
HOW_MANY = (1, 1, 2, MOST_OF_ONE_LISTING)
ROWS_AT_ONCE = 50
CONTENT_TYPE = "image/jpeg"


def add(seed: int, offers: Sequence[Offer], wanted: int, *, done: Callable[[int], None]) -> int:
    """Files first, then their rows, so no row ever names a file that is not there."""
    planned = list(_planned(seed, offers, wanted))
    known = set(Photo.objects.filter(pk__in=[photo.pk for photo, _ in planned]).values_list("pk", flat=True))
    missing = [(photo, offer) for photo, offer in planned if photo.pk not in known]
    done(len(planned) - len(missing))
    store = get_store()
    for start in range(0, len(missing), ROWS_AT_ONCE):
        part = missing[start : start + ROWS_AT_ONCE]
        for photo, offer in part:
            _draw(photo, offer, seed, store)
            done(1)
        Photo.objects.bulk_create([photo for photo, _ in part], ignore_conflicts=True)
    return len(missing)


def _planned(seed: int, offers: Sequence[Offer], wanted: int) -> Iterator[tuple[Photo, Offer]]:
    for offer in offers:
        for position in range(dice(seed, "pictures", offer.n).choice(HOW_MANY)):
            if wanted == 0:
                return
            wanted -= 1
            yield _row(seed, offer, position), offer


def _row(seed: int, offer: Offer, position: int) -> Photo:
    n = offer.n * MOST_OF_ONE_LISTING + position
    return Photo(
        id=key(seed, "photo", n),
        listing_id=offer.id,
        storage_key=f"listings/{offer.id}/{key(seed, 'file', n)}.jpg",
        position=position,
        state=Photo.State.READY,
        content_type=CONTENT_TYPE,
        created_at=offer.created_at,
        due_at=None,  # drawn and measured already: nothing is left for the worker
    )


def _draw(photo: Photo, offer: Offer, seed: int, store: ObjectStore) -> None:
    image = picture(offer.good.picture, dice(seed, "drawing", offer.n * MOST_OF_ONE_LISTING + photo.position))
    photo.width, photo.height = image.size
    photo.colour, photo.fingerprint = main_colour(image), fingerprint(image)
    whole = _jpeg(image)
    photo.size_bytes = len(whole)
    files = {photo.storage_key: whole, photo.original_key: whole}
    files |= {photo.version_key(pixels): _jpeg(_smaller(image, pixels)) for pixels in SIZES}
    for name, content in files.items():
        store.save(name, io.BytesIO(content), content_type=CONTENT_TYPE)


def _smaller(image: Image.Image, pixels: int) -> Image.Image:
    small = image.copy()
    small.thumbnail((pixels, pixels))
    return small


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
