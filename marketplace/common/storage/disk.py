"""Small steps on a file system, each safe against a crash in the middle."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from marketplace.common.storage.errors import StorageUnavailable

FILE_MODE = 0o640
CHUNK = 65_536
ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


@contextmanager
def disk_errors() -> Iterator[None]:
    """A full or broken disk is to callers what an S3 that is down is."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"disk: {error.strerror}") from error


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """To be filled and moved away by the caller; whatever is left under this name afterwards is removed."""
    with disk_errors():
        make_room_for(path)
        file = path.open("xb")
    with file:
        try:
            os.fchmod(file.fileno(), FILE_MODE)
            yield file
        finally:
            path.unlink(missing_ok=True)


def pour(source: BinaryIO, target: BinaryIO) -> None:
    """Outside `disk_errors` on the reading side: a phone that hangs up is not a broken disk."""
    while chunk := source.read(CHUNK):
        with disk_errors():
            target.write(chunk)


def settle(file: BinaryIO) -> None:
    """On the disk, and with a time fine enough that no two writes share an ETag."""
    file.flush()
    now = time.time_ns()
    os.utime(file.fileno(), ns=(now, now))
    os.fsync(file.fileno())


def etag_of(stat: os.stat_result) -> str:
    return f"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"


def make_room_for(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """A rename is only sure to survive a power cut once its folder is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
