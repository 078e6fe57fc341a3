"""Where things lie: data under the root directory, sockets in a short private one."""

from __future__ import annotations

import hashlib
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from marketplace.local.errors import LocalError
from marketplace.local.identity import Identity

AWAY = Path("/var/lib/campus-market")
SHORT = Path("/tmp")  # noqa: S108  (a socket's path has at most 107 characters; its directory is private)


def digest(root: Path) -> str:
    return hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]


def data_directory(root: Path, name: str, owner: Identity, say: Callable[[str], None]) -> Path:
    """`<root>/<name>`, or a link there to a place that the service's user can reach."""
    shown = root / name
    if not shown.is_symlink() and owner.can_enter(root):
        return _private(shown, owner)
    if not shown.is_symlink():
        _move_away(shown, AWAY / digest(root) / name)
        say(f"{shown} is kept in {shown.resolve()}: the user '{owner.name}' may not enter {root}")
    return _private(shown.resolve(), owner)


def _move_away(shown: Path, real: Path) -> None:
    real.parent.mkdir(parents=True, exist_ok=True)
    if shown.exists():
        shutil.move(shown, real)
    shown.symlink_to(real)


def _private(directory: Path, owner: Identity) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    owner.give(directory)
    return directory


def socket_directory(root: Path, owner: Identity) -> Path:
    """Anybody may write to the temp directory, so what is found there has to prove whose it is."""
    directory = _socket_path(root, owner)
    try:
        directory.mkdir(mode=0o700)
        owner.give(directory)
    except FileExistsError:
        _require_ours(directory, owner)
    return directory


def _socket_path(root: Path, owner: Identity) -> Path:
    return SHORT / f"campus-market-{owner.uid}-{digest(root)}"


def _require_ours(directory: Path, owner: Identity) -> None:
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise LocalError(f"{directory} exists and is not a private directory of '{owner.name}'. Remove it.")


def remove(root: Path, owner: Identity) -> None:
    """The root directory, what was moved away from it, and its sockets."""
    for directory in (AWAY / digest(root), _socket_path(root, owner)):
        shutil.rmtree(directory, ignore_errors=True)
    shutil.rmtree(root)
