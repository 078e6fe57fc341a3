"""One child process: how it is started so that it cannot outlive us, and what it leaves when it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from marketplace.local.identity import Identity

PR_SET_PDEATHSIG = 1
LOG_BYTES = 10_000_000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Command:
    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    stop_with: signal.Signals = signal.SIGTERM
    orphaned_with: signal.Signals = signal.SIGTERM  # sent by the kernel should we be killed
    grace_seconds: float = 10.0
    run_as: Identity | None = None
    log: Path | None = None  # without one, its lines are shown on the console
    inherits_output: bool = False


def spawn(command: Command, output: int | IO[bytes] | None) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C reaches us alone and we choose the order of leaving.

    Called from the main thread only: the death signal follows the thread that forked.
    """
    return subprocess.Popen(  # noqa: S603  (our own words, no shell)
        command.argv,
        env=dict(command.environment),
        cwd=command.directory,
        stdin=None if command.inherits_output else subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_leave_with_parent(command.orphaned_with, os.getpid()),  # noqa: PLW1509  (we have one thread)
        **(command.run_as.popen if command.run_as else {}),
    )


def _leave_with_parent(with_signal: signal.Signals, parent: int) -> Callable[[], None]:
    """Even `kill -9` of the supervisor ends the child; changing user would clear it, so this comes after."""

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could say so
            os._exit(1)

    return prepare


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Also ends what it left behind: until it is reaped, the number of its group is certainly its own."""
    if process.returncode is not None:
        return True
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def open_log(path: Path) -> IO[bytes]:
    """Appends; a file that has grown past its limit becomes the one old copy that is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")
