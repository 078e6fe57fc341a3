"""A postmaster of our data directory that nobody recorded, and the files of one that is long gone."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from marketplace.local.errors import LocalError

GRACE_SECONDS = 60.0


def clear_data_directory(data: Path, sockets: Path) -> bool:
    """True if a server was found at work in there and stopped.

    Every process of PostgreSQL works *in* its data directory, which proves whose it is. While one lives its files
    stay: they are what keeps two servers out of the same data.
    """
    found = list(inhabitants(data))
    if found:
        _stop_postmaster(data, found)
    for leftover in (data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
        leftover.unlink(missing_ok=True)
    return bool(found)


def inhabitants(data: Path) -> Iterator[int]:
    home = str(data.resolve())
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.readlink(entry / "cwd") == home:
                yield int(entry.name)


def _stop_postmaster(data: Path, found: list[int]) -> None:
    postmaster = _written_pid(data)
    if postmaster in found:
        handle = os.pidfd_open(postmaster)
        if postmaster in inhabitants(data):
            signal.pidfd_send_signal(handle, signal.SIGINT)
        os.close(handle)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(inhabitants(data)):
        if time.monotonic() > deadline:
            raise LocalError(f"A process still works in {data} (pid {next(inhabitants(data), 0)}). Stop it first.")
        time.sleep(0.1)


def _written_pid(data: Path) -> int:
    try:
        return int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
