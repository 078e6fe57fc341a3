"""The worker's part: has a file scanned, draws the preview of a picture, and tells the rooms that it is ready.

The row is the queue (`marketplace/common/queue.py`). First what was found is written down, then the rooms are told, and
only then the row leaves the queue: whoever dies in between is followed by another who tells them.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db.models import F
from django.db.models.functions import Now

from chat.models import Upload
from chat.models.file import PREVIEW_PIXELS
from chat.services.files import scanning
from chat.services.files.events import tell_rooms_of
from chat.services.files.naming import PICTURES
from listings.pictures.decode import NotAPicture
from listings.pictures.painter import PainterLost, RenderFailed, painter
from marketplace.common.queue import Claim, RowQueue
from marketplace.common.storage import ObjectMissing, StorageUnavailable, extension_of, get_store

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
LEASE_SECONDS = 300  # a large file from a slow store, a scanner and the decoder added up
FIRST_RETRY_SECONDS = 5
SLOWEST_RETRY_SECONDS = 1_800
NOT_THE_FILES_FAULT = (StorageUnavailable, scanning.ScannerAway)

State = Upload.State
Facts = dict[str, Any]
queue = RowQueue(Upload, lease_seconds=LEASE_SECONDS)
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


def _work(claim: Claim) -> int:
    try:
        _carry_out(claim)
    except Exception as error:  # whatever happens to one file, the queue keeps moving
        _postpone(claim, error)
    return 1


def _carry_out(claim: Claim) -> None:
    upload = queue.still_ours(claim).first()
    if upload is None:
        return
    if upload.state == State.WAITING and not _write_down(claim, _facts_of(upload, claim)):
        _clear_up_after(upload)
        return
    upload.refresh_from_db()
    if upload.state == State.REFUSED:
        for key in upload.keys:
            get_store().delete(key)
    tell_rooms_of(upload)
    queue.still_ours(claim).update(due_at=None, attempts=0)


def _write_down(claim: Claim, facts: Facts) -> bool:
    """False when it is no longer ours: removed, or taken over by another worker."""
    return bool(queue.still_ours(claim).update(**facts))


def _facts_of(upload: Upload, claim: Claim) -> Facts:
    if claim.attempt > MAX_ATTEMPTS:  # every worker before us died of it
        state = State.REFUSED if scanning.is_on() else State.READY
        return {"state": state, "trouble": "no worker survived it"}
    try:
        return _examined(upload, is_last=claim.attempt == MAX_ATTEMPTS)
    except ObjectMissing:
        return {"state": State.REFUSED, "trouble": "the file is gone"}


def _examined(upload: Upload, *, is_last: bool) -> Facts:
    with tempfile.TemporaryDirectory(prefix="file-") as name:
        folder = Path(name)
        original = folder / "original"
        with get_store().open(upload.storage_key) as source, original.open("wb") as target:
            shutil.copyfileobj(source, target)
        found = scanning.found_in(original)
        if found is not None:
            log.warning("file_refused", upload=str(upload.pk), found=found[:200])
            return {"state": State.REFUSED, "trouble": found[:200]}
        if extension_of(upload.storage_key) not in PICTURES:
            return {"state": State.READY, "trouble": ""}
        return {"state": State.READY, **_drawn(upload, original, folder, is_last=is_last)}


def _drawn(upload: Upload, original: Path, folder: Path, *, is_last: bool) -> Facts:
    """A file that cannot be drawn is still a file: it has no preview, and can be saved."""
    try:
        width, height = painter.preview(original, folder, pixels=PREVIEW_PIXELS)
    except NotAPicture as trouble:
        return {"trouble": str(trouble)[:200]}
    except (PainterLost, RenderFailed):
        if not is_last:
            raise
        return {"trouble": "the decoder died of it"}
    with (folder / f"{PREVIEW_PIXELS}.jpg").open("rb") as file:
        get_store().save(upload.preview_key, file, content_type="image/jpeg")
    return {"trouble": "", "width": width, "height": height}


def _postpone(claim: Claim, error: Exception) -> None:
    log.warning("file_postponed", upload=str(claim.key), attempt=claim.attempt, exc_info=error)
    wait = min(FIRST_RETRY_SECONDS * 4 ** (claim.attempt - 1), SLOWEST_RETRY_SECONDS)
    costs = 0 if isinstance(error, NOT_THE_FILES_FAULT) else 1
    queue.still_ours(claim).update(attempts=F("attempts") - (1 - costs), due_at=Now() + timedelta(seconds=wait))


def _clear_up_after(upload: Upload) -> None:
    """It was removed while we worked; what we wrote since must go as well."""
    if Upload.objects.filter(pk=upload.pk).exists():
        return  # another worker has it, and writes the same
    with suppress(StorageUnavailable):  # strays are collected
        get_store().delete(upload.preview_key)
