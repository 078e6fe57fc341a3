"""One supervisor per root directory. The kernel drops the lock with its holder, however that one ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from marketplace.local.errors import LocalError


class RootLock:
    def __init__(self, root: Path, *, serving: str) -> None:
        self._path = root / "run" / "supervisor.lock"
        self._serving = serving

    def __enter__(self) -> RootLock:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(f"already running ({self._holder()})") from None
        self._file.truncate(0)
        self._file.write(f"pid {os.getpid()}{self._serving}")
        self._file.flush()
        return self

    def _holder(self) -> str:
        self._file.seek(0)
        return self._file.read().strip() or "just starting"

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._file.truncate(0)
        self._file.close()


def hold(directory: Path) -> int:
    """Data that is linked from two copies of a checkout still has one user at a time."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise LocalError(f"{directory} is in use by another checkout's run") from None
    return handle
