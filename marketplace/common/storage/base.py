"""What a store can do. `LocalStore` keeps files in a folder, `S3Store` in a bucket; callers cannot tell.

An upload goes: `presign_put(key)` → the client PUTs → `head(incoming_key(key))` and the caller's own checks →
`promote(incoming_key(key), key, etag=…)`. The URL can only ever write under `incoming/`, so what was promoted stays
as it was checked, however often the URL is used again. See docs/decisions/0005-uploads.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from marketplace.common.storage.errors import InvalidKey, ObjectChanged, ObjectMissing, StorageUnavailable
from marketplace.common.storage.keys import check_key

PRESIGNED_PUT_SECONDS = 900


@dataclass(frozen=True)
class PresignedPut:
    """Send exactly these headers with the PUT and no others."""

    url: str
    headers: dict[str, str]
    method: str = "PUT"


@dataclass(frozen=True)
class ObjectInfo:
    size: int
    content_type: str
    etag: str  # without quotes
    modified_at: datetime


@dataclass(frozen=True)
class StoredObject:
    key: str
    size: int
    modified_at: datetime


@dataclass(frozen=True)
class PublicAddress:
    """Pictures anyone may see: their prefixes, and the door on our own origin that shows them."""

    base_url: str
    prefixes: tuple[str, ...] = field(default=())

    def covers(self, key: str) -> bool:
        return check_key(key).startswith(self.prefixes)

    def url(self, key: str) -> str:
        if not self.covers(key):
            raise InvalidKey(f"not a public key: {key}")
        return f"{self.base_url}/media/{key}"


class ObjectStore(ABC):
    """Every method may raise `StorageUnavailable`, except the presigning ones: those ask nobody."""

    def __init__(self, public: PublicAddress) -> None:
        self.public = public

    def public_url(self, key: str) -> str:
        """Unsigned and cacheable; only for keys under a public prefix."""
        return self.public.url(key)

    @abstractmethod
    def presign_put(
        self,
        key: str,
        *,
        content_type: str,
        content_length: int | None = None,
        max_length: int | None = None,
        expires_in: int = PRESIGNED_PUT_SECONDS,
    ) -> PresignedPut:
        """A URL that writes `incoming/<key>`, with this type and, when given, this length and no other.

        S3 cannot bind an upper limit to a PUT: there `max_length` is for the caller to check at confirmation.
        """

    @abstractmethod
    def presign_get(self, key: str, *, expires_in: int, download_name: str | None = None, inline: bool = False) -> str:
        """A URL for who has it. `inline` is honoured for pictures, sound and film only."""

    @abstractmethod
    def head(self, key: str) -> ObjectInfo | None: ...

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """To be closed by the caller. Raises `ObjectMissing`."""

    @abstractmethod
    def read_start(self, key: str, n: int) -> bytes:
        """The first `n` bytes, enough to tell what a file is. Raises `ObjectMissing`."""

    @abstractmethod
    def save(self, key: str, fileobj: BinaryIO, *, content_type: str) -> ObjectInfo:
        """All or nothing; replaces what was there."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Quiet when there is nothing."""

    def promote(self, source_key: str, target_key: str, *, etag: str) -> ObjectInfo:
        """Move what was looked at to its lasting key, and describe what lies there.

        A target that exists is never overwritten: it is the answer. Raises `ObjectMissing` when there is neither
        source nor target, `ObjectChanged` when the source no longer has this ETag.
        """
        promoted = self.head(target_key) or self._promote_first(source_key, target_key, etag=etag)
        with suppress(StorageUnavailable):  # it is only litter now, and litter is collected
            self.delete(source_key)
        return promoted

    def _promote_first(self, source_key: str, target_key: str, *, etag: str) -> ObjectInfo:
        failure: Exception = ObjectMissing(target_key)
        try:
            self._copy_unchanged(source_key, target_key, etag=etag)
        except (ObjectMissing, ObjectChanged) as error:
            failure = error  # unless somebody else promoted it while we looked
        promoted = self.head(target_key)
        if promoted is None:
            raise failure
        return promoted

    @abstractmethod
    def _copy_unchanged(self, source_key: str, target_key: str, *, etag: str) -> None:
        """Copy if the source has this ETag and there is no target yet; all or nothing."""

    @abstractmethod
    def list(self, prefix: str, *, older_than: datetime) -> Iterator[StoredObject]:
        """What lies under a folder and was last written before then, in no particular order."""
