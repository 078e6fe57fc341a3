"""Chores: objects that belong to nothing are collected, and pictures are rendered anew when somebody asks."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db.models.functions import Now

from listings.models import Photo
from listings.models.photo import SIZES
from listings.services.pictures.events import wake_up
from listings.services.pictures.keys import EXTENSIONS
from marketplace.common.errors import InvalidInput
from marketplace.common.storage import StoredObject, get_store
from marketplace.common.storage.keys import check_prefix

WAITING_ROOM = "incoming/"
OURS = ("listings/", "originals/listings/")
MIN_AGE = timedelta(days=1)
AT_A_TIME = 500
MOST_DELETED = 20_000
Thing = TypeVar("Thing")
_VERSION = re.compile(r"(.*)/thumbs/([^/_]+)_\d+\.jpg")


def collect_orphans(
    prefix: str | None, now: datetime, *, most: int = MOST_DELETED, for_seconds: float = 600.0
) -> dict[str, Any]:
    """Delete what is older than a day and was never confirmed, or has no row. Stops early rather than never."""
    stop_at = time.monotonic() + for_seconds
    tally = {"looked_at": 0, "deleted": 0, "bytes": 0}
    for folder in _folders(prefix):
        for batch in _batches(get_store().list(folder, older_than=now - MIN_AGE)):
            if tally["deleted"] >= most or time.monotonic() > stop_at:
                return {**tally, "is_complete": False}
            orphans = batch if folder.startswith(WAITING_ROOM) else _without_row(batch)
            for orphan in orphans:
                get_store().delete(orphan.key)
            tally["looked_at"] += len(batch)
            tally["deleted"] += len(orphans)
            tally["bytes"] += sum(orphan.size for orphan in orphans)
    return {**tally, "is_complete": True}


def rebuild(object_key: str | None = None, sizes: Sequence[int] = SIZES) -> dict[str, int]:
    """Put pictures back into the queue; what is shown stays shown meanwhile. All sizes are made in one go."""
    if not set(sizes) <= set(SIZES):
        raise InvalidInput.one(["query", "sizes"], f"Sizes are {' and '.join(map(str, SIZES))}")
    chosen = Photo.objects.filter(due_at__isnull=True)
    if object_key is not None:
        chosen = chosen.filter(storage_key=object_key)
    queued, last = 0, UUID(int=0)
    while keys := list(chosen.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_A_TIME]):
        queued += chosen.filter(pk__in=keys).update(due_at=Now(), attempts=0)
        last = keys[-1]
    wake_up.after_commit()
    return {"queued": queued}


def _folders(prefix: str | None) -> tuple[str, ...]:
    """Only what belongs to us, or to nobody yet, however the wish is spelled."""
    if not prefix:
        return (WAITING_ROOM, *OURS)
    wanted = f"{prefix.rstrip('/')}/"
    try:
        check_prefix(wanted)
    except ValueError as error:
        raise InvalidInput.one(["query", "prefix"], "This is not a folder") from error
    if wanted == "originals/":
        return OURS[1:]
    if not wanted.startswith((WAITING_ROOM, *OURS)):
        raise InvalidInput.one(["query", "prefix"], f"Collected are {WAITING_ROOM}, {' and '.join(OURS)}")
    return (wanted,)


def _without_row(batch: Sequence[StoredObject]) -> list[StoredObject]:
    names = {found.key: _storage_keys(found.key) for found in batch}
    candidates = {name for possible in names.values() for name in possible}
    known = set(Photo.objects.filter(storage_key__in=candidates).values_list("storage_key", flat=True))
    return [found for found in batch if known.isdisjoint(names[found.key])]


def _storage_keys(key: str) -> list[str]:
    """The rows that an object may belong to; a version does not say which kind of file it was made from."""
    key = key.removeprefix("originals/")
    version = _VERSION.fullmatch(key)
    if version is None:
        return [key]
    return [f"{version[1]}/{version[2]}.{extension}" for extension in EXTENSIONS]


def _batches(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    iterator = iter(things)
    while batch := list(islice(iterator, AT_A_TIME)):
        yield batch
