"""Files in a folder: what runs until S3 is configured.

A file is written whole under a name nobody looks at and then renamed, so no reader ever sees half of one. Its inode,
time and size are its ETag: they change together with the bytes, in one step. Its declared type lies in a text file of
the same name under `.types/`, where no key can point. Needs a file system with hard links.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from marketplace.common.storage.base import (
    PRESIGNED_PUT_SECONDS,
    ObjectInfo,
    ObjectStore,
    PresignedPut,
    PublicAddress,
    StoredObject,
)
from marketplace.common.storage.disk import (
    ABSENT,
    disk_errors,
    etag_of,
    make_room_for,
    new_file,
    pour,
    settle,
    sync_folder,
)
from marketplace.common.storage.errors import ObjectChanged, ObjectMissing
from marketplace.common.storage.filetypes import UNKNOWN
from marketplace.common.storage.keys import INCOMING, check_key, check_prefix
from marketplace.common.storage.signing import UrlSigner

DRAFTS = f"{INCOMING}/drafts"  # what a killed process leaves here is collected like any other orphan


class LocalStore(ObjectStore):
    def __init__(self, *, root: Path, signer: UrlSigner, public: PublicAddress, max_bytes: int) -> None:
        super().__init__(public)
        self.signer = signer
        self._root = root
        self._max_bytes = max_bytes

    def presign_put(
        self,
        key: str,
        *,
        content_type: str,
        content_length: int | None = None,
        max_length: int | None = None,
        expires_in: int = PRESIGNED_PUT_SECONDS,
    ) -> PresignedPut:
        limit = self._max_bytes if max_length is None else min(max_length, self._max_bytes)
        params = {"type": content_type, "max": str(limit)}
        if content_length is not None:
            params["length"] = str(content_length)
        url = self.signer.url("PUT", check_key(key), params, expires_in=expires_in)
        return PresignedPut(url, {"Content-Type": content_type})

    def presign_get(self, key: str, *, expires_in: int, download_name: str | None = None, inline: bool = False) -> str:
        params = {"name": download_name or "", "inline": "1" if inline else ""}
        given = {name: value for name, value in params.items() if value}
        return self.signer.url("GET", check_key(key), given, expires_in=expires_in)

    def head(self, key: str) -> ObjectInfo | None:
        with suppress(ObjectMissing), self.open(key) as file:
            return self.describe(key, file)
        return None

    def describe(self, key: str, file: BinaryIO) -> ObjectInfo:
        """What an open file is, even if another has taken its name meanwhile."""
        stat = os.fstat(file.fileno())
        return ObjectInfo(stat.st_size, self._declared_type(key), etag_of(stat), _modified_at(stat))

    def open(self, key: str) -> BinaryIO:
        path = self._path(key)
        with disk_errors():
            try:
                return path.open("rb")
            except ABSENT as error:
                raise ObjectMissing(key) from error

    def read_start(self, key: str, n: int) -> bytes:
        with self.open(key) as file, disk_errors():
            return file.read(n)

    def save(self, key: str, fileobj: BinaryIO, *, content_type: str) -> ObjectInfo:
        target = self._path(key)
        with new_file(self._draft_path()) as draft:
            pour(fileobj, draft)
            with disk_errors():
                settle(draft)
                self._declare_type(key, content_type)
                make_room_for(target)
                os.replace(draft.name, target)
                sync_folder(target.parent)
            return self.describe(key, draft)

    def delete(self, key: str) -> None:
        for path in (self._path(key), self._type_path(key)):
            with disk_errors(), suppress(*ABSENT):
                path.unlink()

    def list(self, prefix: str, *, older_than: datetime) -> Iterator[StoredObject]:
        for directory, children, names in os.walk(self._root / check_prefix(prefix)):
            children[:] = [child for child in children if not child.startswith(".")]
            for name in names:
                found = self._listed(Path(directory, name))
                if found is not None and found.modified_at < older_than:
                    yield found

    def _listed(self, path: Path) -> StoredObject | None:
        with suppress(*ABSENT):  # deleted while we walk
            stat = path.stat()
            return StoredObject(path.relative_to(self._root).as_posix(), stat.st_size, _modified_at(stat))
        return None

    def _copy_unchanged(self, source_key: str, target_key: str, *, etag: str) -> None:
        """Pin the file under a name of our own, check that it is the one, then give it the lasting name.

        A hard link never overwrites, and no upload ever writes into a file that has a name: the bytes behind the new
        name cannot change any more.
        """
        pin, target = self._draft_path(), self._path(target_key)
        with disk_errors():
            make_room_for(pin)
            self._link(source_key, pin)
            try:
                if etag_of(pin.stat()) != etag:
                    raise ObjectChanged(source_key)
                self._declare_type(target_key, self._declared_type(source_key))
                make_room_for(target)
                with suppress(FileExistsError):  # another promotion was first
                    os.link(pin, target)
                sync_folder(target.parent)
            finally:
                pin.unlink(missing_ok=True)

    def _link(self, key: str, name: Path) -> None:
        try:
            os.link(self._path(key), name)
        except ABSENT as error:
            raise ObjectMissing(key) from error

    def _declare_type(self, key: str, content_type: str) -> None:
        path = self._type_path(key)
        with new_file(self._draft_path()) as draft:
            draft.write(content_type.encode())
            settle(draft)
            make_room_for(path)
            os.replace(draft.name, path)

    def _declared_type(self, key: str) -> str:
        with disk_errors(), suppress(*ABSENT):
            return self._type_path(key).read_text()
        return UNKNOWN

    def _draft_path(self) -> Path:
        return self._root / DRAFTS / uuid4().hex

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _type_path(self, key: str) -> Path:
        return self._root / ".types" / check_key(key)


def _modified_at(stat: os.stat_result) -> datetime:
    return datetime.fromtimestamp(stat.st_mtime, UTC)
