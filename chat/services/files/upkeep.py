"""What nothing carries goes after a day: rows with their files, and whatever lies in the store without a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet

from chat.models import Upload
from chat.models.file import original_key
from chat.services.files.naming import FOLDER
from marketplace.common.storage import StorageUnavailable, StoredObject, get_store, incoming_key

KEPT_FOR = timedelta(hours=24)
AT_A_TIME = 500
MOST_DROPPED = 20_000
_PREVIEW = re.compile(r"(.*)/previews/([^/]+)\.jpg")


def collect(*, now: datetime) -> dict[str, int]:
    return {"dropped": _drop_unsent(now=now), "strays": _delete_strays(now=now)}


def drop(upload: Upload) -> bool:
    """The caller holds its lock, inside a transaction: who sends it right now waits, and then finds it gone."""
    if upload.attachments.exists():
        return False
    keys = [*upload.keys, incoming_key(upload.storage_key)]
    upload.delete()
    transaction.on_commit(lambda: _delete(keys), robust=True)
    return True


def _drop_unsent(*, now: datetime) -> int:
    unsent = Upload.objects.carried_by_nothing().older_than(now - KEPT_FOR)
    return sum(_drop_if_unsent(key) for key in unsent.values_list("pk", flat=True)[:MOST_DROPPED])


@transaction.atomic
def _drop_if_unsent(key: object) -> bool:
    upload = Upload.objects.select_for_update(skip_locked=True).filter(pk=key).first()
    return upload is not None and drop(upload)


def _delete(keys: Iterable[str]) -> None:
    with suppress(StorageUnavailable):  # what stays has no row any more, and is found as a stray
        for key in keys:
            get_store().delete(key)


def _delete_strays(*, now: datetime) -> int:
    """Left by whoever died between the store and the row. Young ones may be in somebody's hands."""
    everything = Upload.objects.all()
    unseen = everything.filter(state=Upload.State.WAITING)  # once it is clean, nobody needs what it was made from
    folders = {f"{FOLDER}/": everything, original_key(f"{FOLDER}/"): unseen}
    return sum(_delete_strays_in(folder, owners, now=now) for folder, owners in folders.items())


def _delete_strays_in(folder: str, uploads: QuerySet[Upload], *, now: datetime) -> int:
    deleted = 0
    for batch in _batches(get_store().list(folder, older_than=now - KEPT_FOR)):
        owners = {found.key: _storage_key(found.key) for found in batch}
        known = set(uploads.filter(storage_key__in=owners.values()).values_list("storage_key", flat=True))
        strays = [key for key, owner in owners.items() if owner not in known]
        for key in strays:
            get_store().delete(key)
        deleted += len(strays)
    return deleted


def _storage_key(key: str) -> str:
    key = key.removeprefix(original_key(""))
    preview = _PREVIEW.fullmatch(key)
    return key if preview is None else f"{preview[1]}/{preview[2]}"


def _batches(things: Iterable[StoredObject]) -> Iterator[list[StoredObject]]:
    iterator = iter(things)
    while batch := list(islice(iterator, AT_A_TIME)):
        yield batch
