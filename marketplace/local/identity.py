"""Who the private services run as. PostgreSQL refuses root, and Redis has no use for it either."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict


class RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Identity:
    """A user to become, or, with `becomes` false, the one we already are."""

    name: str
    uid: int
    gid: int
    becomes: bool

    @property
    def popen(self) -> RunAs:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.becomes else {}

    def can_enter(self, directory: Path) -> bool:
        """Asked of the kernel, as that user: modes, ACLs and mounts all have their say."""
        argv = ["test", "-x", str(directory)]
        asked = subprocess.run(argv, cwd="/", check=False, **self.popen)  # noqa: S603  (a path, no shell)
        return asked.returncode == 0

    def give(self, path: Path) -> None:
        if self.becomes:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def service_identity() -> Identity:
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return Identity(me.pw_name, me.pw_uid, me.pw_gid, becomes=False)
    known = {user.pw_name: user for user in pwd.getpwall()}
    other = known.get("postgres") or known["nobody"]
    return Identity(other.pw_name, other.pw_uid, other.pw_gid, becomes=True)


def private_file(path: Path, text: str, owner: Identity) -> None:
    """A file only its owner can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(text)
    owner.give(path)
