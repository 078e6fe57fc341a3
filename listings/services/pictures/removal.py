"""Files of removed pictures are deleted by the worker, again and again until the store has answered."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models.functions import Now

from listings.models import RemovedPhoto
from listings.models.photo import keys_of
from marketplace.common.queue import RowQueue
from marketplace.common.storage import StorageError, get_store, incoming_key

log = structlog.get_logger(__name__)

LEASE_SECONDS = 120
SLOWEST_RETRY_SECONDS = 1_800
KEEP_NAMES = timedelta(days=1)  # far longer than an address for uploading is good

queue = RowQueue(RemovedPhoto, lease_seconds=LEASE_SECONDS)


def is_anything_due() -> bool:
    return queue.is_anything_due()


def delete_due(*, limit: int = 200, for_seconds: float = 20.0) -> int:
    tried = 0
    for claim in queue.claims(limit=limit, for_seconds=for_seconds):
        tried += 1
        removed = queue.still_ours(claim).first()
        if removed is None:
            continue
        try:
            _delete_files(removed.storage_key)
        except StorageError as error:
            wait = timedelta(seconds=min(2 ** min(claim.attempt, 12), SLOWEST_RETRY_SECONDS))
            queue.still_ours(claim).update(due_at=Now() + wait)
            log.warning("picture_files_stay", key=removed.storage_key, attempt=claim.attempt, error=str(error))
        else:
            queue.still_ours(claim).update(due_at=None)
    return tried


def forget_done(*, now: datetime) -> None:
    RemovedPhoto.objects.filter(due_at__isnull=True, created_at__lt=now - KEEP_NAMES).delete()


def _delete_files(storage_key: str) -> None:
    for key in (*keys_of(storage_key), incoming_key(storage_key)):
        get_store().delete(key)
