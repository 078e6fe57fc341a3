"""Taking in what was uploaded: look at it, and keep exactly what was looked at; or refuse it and throw it away.

Not inside a transaction: all of this asks the store. What is welcome is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from marketplace.common.errors import Conflict, DomainError
from marketplace.common.storage.base import ObjectInfo, ObjectStore
from marketplace.common.storage.errors import ObjectChanged, ObjectMissing, StorageUnavailable
from marketplace.common.storage.filetypes import SNIFF_BYTES
from marketplace.common.storage.keys import incoming_key

Judge = Callable[[ObjectInfo, bytes], str | None]


class NotUploaded(Conflict):
    code = "not_uploaded"
    detail = "Nothing has been uploaded under this key yet"


class ChangedWhileConfirming(Conflict):
    code = "upload_changed"
    detail = "The upload changed while it was being confirmed; confirm it again"


class UploadRefused(DomainError):
    status = 422
    code = "upload_refused"


def take_in(store: ObjectStore, key: str, *, lasting_key: str, problem_of: Judge) -> ObjectInfo:
    """`problem_of` is shown what lies in the waiting room and its first bytes, and says what is wrong with it.

    Another confirmation may be a step ahead, or have died right after its promotion. What it promoted was checked, and
    is the answer: what we see of the waiting room while it clears that away says nothing.
    """
    try:
        return _promoted(store, key, lasting_key, problem_of)
    except (DomainError, ObjectMissing) as refusal:
        kept = store.head(lasting_key)
        if kept is not None:
            return kept
        if isinstance(refusal, ObjectMissing):
            raise NotUploaded from refusal
        if isinstance(refusal, UploadRefused):
            with suppress(StorageUnavailable):  # it is litter then, and litter is collected
                store.delete(incoming_key(key))
        raise


def _promoted(store: ObjectStore, key: str, lasting_key: str, problem_of: Judge) -> ObjectInfo:
    waiting = store.head(incoming_key(key))
    if waiting is None:
        raise NotUploaded
    problem = problem_of(waiting, store.read_start(incoming_key(key), SNIFF_BYTES))
    if problem is not None:
        raise UploadRefused(problem)
    try:
        return store.promote(incoming_key(key), lasting_key, etag=waiting.etag)
    except ObjectChanged as error:
        raise ChangedWhileConfirming from error
