"""A file that is there in whole or not at all, whatever kills us."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

MODE = 0o640


@contextmanager
def whole_or_not_at_all(path: Path) -> Iterator[BinaryIO]:
    """Written without a name, where the file system can do that: who is killed leaves nothing behind."""
    file, name = _opened_beside(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            name = name or _named(file, path)
        os.replace(name, path)
    except BaseException:
        if name is not None:
            with suppress(FileNotFoundError):
                os.unlink(name)
        raise
    with _directory(path.parent) as directory:
        os.fsync(directory)  # the name, too


def _opened_beside(path: Path) -> tuple[BinaryIO, str | None]:
    with suppress(OSError):
        return os.fdopen(os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, MODE), "wb"), None
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.fchmod(number, MODE)
    return os.fdopen(number, "wb"), name


def _named(file: BinaryIO, path: Path) -> str:
    """A link cannot take the place of a file, a renamed one can."""
    name = f".{path.name}.{secrets.token_hex(4)}.part"
    with _directory(path.parent) as directory:
        # only with a directory does Python ask for the file behind this link instead of the link
        os.link(f"/proc/self/fd/{file.fileno()}", name, src_dir_fd=directory, dst_dir_fd=directory)
    return str(path.parent / name)


@contextmanager
def _directory(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_RDONLY)
    try:
        yield number
    finally:
        os.close(number)
