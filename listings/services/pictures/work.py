"""The worker's part: read what was uploaded, render it, put the results where everybody can see them.

The photo row is the queue (`marketplace/common/queue.py`). A picture that kills its decoder, or its worker, five times
is broken; a store that is away costs no attempt.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from listings.models import Listing, Photo
from listings.models.photo import SIZES
from listings.pictures.decode import NotAPicture
from listings.pictures.painter import PainterLost, painter
from listings.pictures.render import Rendered
from listings.services import listings
from listings.services.pictures import lookalikes
from listings.services.pictures.events import announce
from marketplace.common.queue import Claim, RowQueue
from marketplace.common.storage import ObjectMissing, StorageUnavailable, extension_of, get_store

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
LEASE_SECONDS = 180  # longer than the decoder's and the store's timeouts added up
FIRST_RETRY_SECONDS = 5
SLOWEST_RETRY_SECONDS = 1_800

State = Photo.State
queue = RowQueue(Photo, lease_seconds=LEASE_SECONDS)
_one_at_a_time = threading.Lock()


def is_anything_due() -> bool:
    return queue.is_anything_due()


def work_off_due(*, limit: int = 100, for_seconds: float = 20.0) -> int:
    """How many were tried. One thread of a process at a time: a second would only wait for the same decoder."""
    if not _one_at_a_time.acquire(blocking=False):
        return 0
    try:
        return sum(_work(claim) for claim in queue.claims(limit=limit, for_seconds=for_seconds))
    finally:
        _one_at_a_time.release()


def work_at_once(photo: Photo) -> None:
    """For a client that looks at its picture right away. Whoever dies here leaves it to a worker."""
    claim = queue.claim_one_of("id", photo.pk)
    if claim is not None:
        _work(claim)


def _work(claim: Claim) -> int:
    photo = queue.still_ours(claim).first()
    if photo is None:
        return 0
    if claim.attempt > MAX_ATTEMPTS:  # every worker before us died of it
        _break(claim, photo, "no worker survived it")
        return 1
    try:
        facts = _rendered(photo)
    except NotAPicture as trouble:
        _break(claim, photo, str(trouble))
    except ObjectMissing:
        _break(claim, photo, "the upload is gone")
    except Exception as error:  # whatever happens to one picture, the queue keeps moving
        _postpone(claim, photo, error)
    else:
        if not _finish(claim, facts):
            _clear_up_after(photo)
    return 1


def _rendered(photo: Photo) -> Rendered:
    """The versions first: whoever finds the picture finds them too."""
    store = get_store()
    extension = extension_of(photo.storage_key)
    with tempfile.TemporaryDirectory(prefix="picture-") as name:
        folder = Path(name)
        original = folder / "original"
        with store.open(photo.original_key) as source, original.open("wb") as target:
            shutil.copyfileobj(source, target)
        facts = painter.render(original, folder, extension=extension, sizes=SIZES)
        results = {photo.version_key(pixels): (folder / f"{pixels}.jpg", "image/jpeg") for pixels in SIZES}
        results[photo.storage_key] = (folder / f"full.{extension}", photo.content_type)
        for key, (path, content_type) in results.items():
            with path.open("rb") as file:
                store.save(key, file, content_type=content_type)
    return facts


@transaction.atomic
def _finish(claim: Claim, facts: Rendered) -> bool:
    """False when the picture is no longer ours: removed, or taken over by another worker."""
    photo = _locked(claim)
    if photo is None:
        return False
    photo.state, photo.trouble, photo.due_at, photo.attempts = State.READY, "", None, 0
    photo.width, photo.height = facts.width, facts.height
    photo.colour, photo.fingerprint = facts.colour, facts.fingerprint
    photo.save()
    listings.touch(photo.listing, now=timezone.now())
    announce("photo.ready", photo)
    lookalikes.flag_copies(photo)
    return True


@transaction.atomic
def _break(claim: Claim, photo: Photo, trouble: str) -> None:
    """One that was shown before stays shown: a worse decoder is no reason to lose it."""
    locked = _locked(claim)
    if locked is None:
        return
    locked.state = State.READY if locked.state == State.READY else State.BROKEN
    locked.trouble, locked.due_at = trouble[:200], None
    locked.save(update_fields=["state", "trouble", "due_at"])
    listings.touch(locked.listing, now=timezone.now())
    log.info("picture_broken", photo=str(photo.pk), trouble=trouble, attempt=claim.attempt)


def _locked(claim: Claim) -> Photo | None:
    """The listing first, as everybody who locks both does."""
    listing_id = queue.still_ours(claim).values_list("listing", flat=True).first()
    if listing_id is None:
        return None
    listing = Listing.objects.select_for_update(of=("self",), no_key=True).get(pk=listing_id)
    photo: Photo | None = queue.still_ours(claim).select_for_update(of=("self",)).first()
    if photo is not None:
        photo.listing = listing
    return photo


def _postpone(claim: Claim, photo: Photo, error: Exception) -> None:
    log.warning("picture_failed", photo=str(photo.pk), attempt=claim.attempt, exc_info=error)
    is_picture = not isinstance(error, StorageUnavailable)
    if is_picture and claim.attempt >= MAX_ATTEMPTS:
        _break(claim, photo, "the decoder died of it" if isinstance(error, PainterLost) else "cannot be processed")
        return
    wait = min(FIRST_RETRY_SECONDS * 4 ** (claim.attempt - 1), SLOWEST_RETRY_SECONDS)
    queue.still_ours(claim).update(
        attempts=F("attempts") - (0 if is_picture else 1), due_at=Now() + timedelta(seconds=wait)
    )


def _clear_up_after(photo: Photo) -> None:
    """It was removed while we worked, maybe after its files had been deleted; what we wrote since must go as well."""
    if Photo.objects.filter(pk=photo.pk).exists():
        return  # another worker has it, and writes the same
    with suppress(StorageUnavailable):  # orphans are collected
        for key in photo.keys:
            get_store().delete(key)
