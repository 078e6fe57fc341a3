"""What a killed supervisor left running, and the proof that it is ours before it is stopped."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

GRACE_SECONDS = 25.0


@dataclass(frozen=True)
class Record:
    """A process number alone proves nothing, it is given out again; with the time of birth it does."""

    pid: int
    born: str
    stop_with: int


def born(pid: int) -> str | None:
    """Boot and clock tick of a process's start; None when there is no such living process."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    return None if state == "Z" else f"{boot}/{fields[18]}"


def remember(directory: Path, name: str, pid: int, stop_with: int) -> None:
    path = directory / f"{name}.pid"
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(Record(pid, born(pid) or "", stop_with))))
    draft.replace(path)


def forget(directory: Path, name: str) -> None:
    (directory / f"{name}.pid").unlink(missing_ok=True)


def stop_leftovers(directory: Path) -> list[str]:
    """Stops every process recorded there that still lives; answers their names."""
    found = {path.stem: record for path in directory.glob("*.pid") if (record := _read(path)) is not None}
    living = {name: handle for name, record in found.items() if (handle := _open(record)) is not None}
    for name, handle in living.items():
        _send(handle, found[name].stop_with)
    deadline = time.monotonic() + GRACE_SECONDS
    for handle in living.values():
        _wait_or_kill(handle, deadline)
    for path in directory.glob("*.pid"):
        path.unlink()
    return sorted(living)


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _open(record: Record) -> int | None:
    """A handle on the very process: taken first and compared afterwards, so it cannot change under us."""
    try:
        handle = os.pidfd_open(record.pid)
    except OSError:
        return None
    if record.born and born(record.pid) == record.born:
        return handle
    os.close(handle)
    return None


def _send(handle: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, number)


def _wait_or_kill(handle: int, deadline: float) -> None:
    if not _has_left(handle, max(0.0, deadline - time.monotonic())):
        _send(handle, signal.SIGKILL)
        _has_left(handle, 5.0)
    os.close(handle)


def _has_left(handle: int, seconds: float) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])
