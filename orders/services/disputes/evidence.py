"""Files in a dispute, through the storage room: an address to upload to, and a confirmation that looks and hashes.

The store is only talked to between transactions, as with pictures (`listings/services/pictures/uploading.py`). What
was promoted is never written to again, so the hash stays true. Private: nothing here has a public address.
"""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO
from uuid import UUID

from django.db import transaction

from accounts.models import User
from marketplace.common.errors import Conflict, InvalidInput, NotFound
from marketplace.common.storage import ObjectInfo, ObjectStore, PresignedPut, extension_of, get_store, new_key
from marketplace.common.storage.filetypes import TYPE_OF_EXTENSION, agrees, canonical, sniff
from marketplace.common.storage.intake import take_in
from marketplace.common.storage.presentation import clean_name
from orders.models import Dispute, DisputeEvidence
from orders.services.disputes.finding import DisputeClosed, announce, locked_open, seen_by
from orders.services.moving import By

EXTENSIONS = ("jpg", "jpeg", "png", "webp", "pdf", "txt", "mp4", "mp3", "m4a")
TYPES = {TYPE_OF_EXTENSION[extension] for extension in EXTENSIONS}
MOST_FILES = 20  # of each party
CHUNK = 1 << 20
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(rf"disputes/({_UUID})/{_UUID}\.(?:{'|'.join(EXTENSIONS)})")


class EvidenceNotFound(NotFound):
    code = "evidence_not_found"
    detail = "File not found"


class TooManyFiles(Conflict):
    code = "too_many_files"
    detail = f"Each party hands in {MOST_FILES} files at most"


def presign(
    user: User, dispute_id: UUID, *, filename: str, content_type: str, size: int | None, max_bytes: int
) -> tuple[str, PresignedPut]:
    dispute = seen_by(user, dispute_id)
    if not dispute.is_open:
        raise DisputeClosed(extra={"status": dispute.status.value})
    extension = _chosen_extension(filename, content_type)
    key = new_key(f"disputes/{dispute.pk}", extension, allowed=EXTENSIONS)
    return key, get_store().presign_put(key, content_type=content_type, content_length=size, max_length=max_bytes)


def confirm(user: User, dispute_id: UUID, *, object_key: str, name: str, max_bytes: int) -> DisputeEvidence:
    """Not inside a transaction. The key makes a repeated or parallel confirmation answer with the same row."""
    dispute = seen_by(user, dispute_id)
    _require_key_of(dispute, object_key)
    known: DisputeEvidence | None = dispute.evidence.filter(storage_key=object_key).first()
    if known is not None:
        return known
    if not dispute.is_open:
        raise DisputeClosed(extra={"status": dispute.status.value})
    store = get_store()
    kept = store.head(object_key) or _promoted(store, object_key, max_bytes=max_bytes)
    with store.open(object_key) as file:
        sha256 = digest_of(file)
    return _add(user, dispute_id, object_key=object_key, name=name, kept=kept, sha256=sha256)


def one(user: User, dispute_id: UUID, evidence_id: UUID) -> DisputeEvidence:
    found: DisputeEvidence | None = seen_by(user, dispute_id).evidence.filter(pk=evidence_id).first()
    if found is None:
        raise EvidenceNotFound
    return found


def _chosen_extension(filename: str, content_type: str) -> str:
    extension, mime = extension_of(filename.strip()), canonical(content_type)
    if mime not in TYPES or not content_type.isprintable():
        raise InvalidInput.one(["body", "content_type"], f"Taken here are {', '.join(sorted(TYPES))}")
    if not extension:
        return next(known for known in EXTENSIONS if TYPE_OF_EXTENSION[known] == mime)
    if extension not in EXTENSIONS or TYPE_OF_EXTENSION[extension] != mime:
        raise InvalidInput.one(["body", "filename"], "The ending of the file name and its content type disagree")
    return extension


def _require_key_of(dispute: Dispute, object_key: str) -> None:
    match = _KEY.fullmatch(object_key)
    if match is None:
        raise InvalidInput.one(["body", "object_key"], "This is not a key of an upload for a dispute")
    if match[1] != str(dispute.pk):
        raise EvidenceNotFound


def _promoted(store: ObjectStore, key: str, *, max_bytes: int) -> ObjectInfo:
    def problem_of(found: ObjectInfo, head: bytes) -> str | None:
        if not 0 < found.size <= max_bytes:
            return f"A file has 1 to {max_bytes} bytes, this one has {found.size}"
        is_honest = agrees(found.content_type, extension_of(key), sniff(head, key))
        return None if is_honest else "The file is not what its name says"

    return take_in(store, key, lasting_key=key, problem_of=problem_of)


def digest_of(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


@transaction.atomic
def _add(user: User, dispute_id: UUID, *, object_key: str, name: str, kept: ObjectInfo, sha256: str) -> DisputeEvidence:
    dispute, _, by = locked_open(user, dispute_id)
    known: DisputeEvidence | None = dispute.evidence.filter(storage_key=object_key).first()
    if known is not None:
        return known
    _require_room(dispute, by)
    made: DisputeEvidence = DisputeEvidence.objects.create(
        dispute=dispute,
        author=user,
        party=by.party,
        storage_key=object_key,
        name=clean_name(name) if name else "",
        content_type=TYPE_OF_EXTENSION[extension_of(object_key)],
        size_bytes=kept.size,
        sha256=sha256,
    )
    made.refresh_from_db(fields=["created_at"])
    announce("evidence", dispute, evidence_id=str(made.pk), party=by.party.value)
    return made


def _require_room(dispute: Dispute, by: By) -> None:
    if dispute.evidence.filter(party=by.party).count() >= MOST_FILES:
        raise TooManyFiles
