"""The worker's part: has a file scanned, makes a picture clean and draws its preview, and tells the rooms of it.

The row is the queue (`marketplace/common/queue.py`). First what was found is written down, then the original of a
picture goes and the rooms are told, and only then the row leaves the queue: whoever dies in between is followed by
another who does the rest.
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
from listings.pictures.decode import NotAPicture
from listings.pictures.painter import PainterLost, RenderFailed, painter
from marketplace.common.queue import Claim, RowQueue
from marketplace.common.storage import ObjectMissing, StorageUnavailable, get_store

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


def work_at_once(upload: Upload) -> None:
    """For a client that shows its file right away. Whoever dies here leaves it to a worker."""
    claim = queue.claim_one_of("id", upload.pk)
    if claim is not None:
        _work(claim)


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
    for key in _not_to_be_kept(upload):
        get_store().delete(key)
    tell_rooms_of(upload)
    queue.still_ours(claim).update(due_at=None, attempts=0)


def _not_to_be_kept(upload: Upload) -> list[str]:
    if upload.state == State.REFUSED:
        return upload.keys
    return [upload.original_key] if upload.is_picture else []


def _write_down(claim: Claim, facts: Facts) -> bool:
    """False when it is no longer ours: removed, or taken over by another worker."""
    return bool(queue.still_ours(claim).update(**facts))


def _facts_of(upload: Upload, claim: Claim) -> Facts:
    if claim.attempt > MAX_ATTEMPTS:  # every worker before us died of it
        state = State.REFUSED if scanning.is_on() or upload.is_picture else State.READY
        return {"state": state, "trouble": "no worker survived it"}
    try:
        return _examined(upload, is_last=claim.attempt == MAX_ATTEMPTS)
    except ObjectMissing:
        return {"state": State.REFUSED, "trouble": "the file is gone"}


def _examined(upload: Upload, *, is_last: bool) -> Facts:
    with tempfile.TemporaryDirectory(prefix="file-") as name:
        folder = Path(name)
        original = folder / "original"
        _fetch(upload, original)
        found = scanning.found_in(original)
        if found is not None:
            log.warning("file_refused", upload=str(upload.pk), found=found[:200])
            return {"state": State.REFUSED, "trouble": found[:200]}
        if not upload.is_picture:
            return {"state": State.READY, "trouble": ""}
        return _cleaned(upload, original, folder, is_last=is_last)


def _fetch(upload: Upload, target: Path) -> None:
    """Pictures that were sent before they were made clean have no other original than themselves."""
    store = get_store()
    try:
        source = store.open(upload.original_key)
    except ObjectMissing:
        source = store.open(upload.storage_key)
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)


def _cleaned(upload: Upload, original: Path, folder: Path, *, is_last: bool) -> Facts:
    """What cannot be made clean is given to nobody: it may say where its sender lives."""
    clean = folder / "clean"
    try:
        painter.clean(original, folder, name=clean.name)
    except NotAPicture as trouble:
        return {"state": State.REFUSED, "trouble": str(trouble)[:200]}
    except (PainterLost, RenderFailed):
        if not is_last:
            raise
        return {"state": State.REFUSED, "trouble": "the decoder died of it"}
    facts = _drawn(upload, clean, folder, is_last=is_last)
    with clean.open("rb") as file:
        kept = get_store().save(upload.storage_key, file, content_type=upload.content_type)
    return {"state": State.READY, "size_bytes": kept.size, **facts}


def _drawn(upload: Upload, clean: Path, folder: Path, *, is_last: bool) -> Facts:
    """A file that cannot be drawn is still a file: it has no preview, and can be saved."""
    try:
        width, height = painter.preview(clean, folder, pixels=PREVIEW_PIXELS)
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
        for key in upload.keys:
            get_store().delete(key)
