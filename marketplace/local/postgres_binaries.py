"""Which PostgreSQL of this machine can serve us: new enough, and with PostGIS."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from marketplace.local.errors import LocalError

OLDEST = 15
DEBIAN = Path("/usr/lib/postgresql")
HOW = "Install postgresql and postgresql-postgis, set DATABASE_URL, or use: docker compose up"


@dataclass(frozen=True)
class Binaries:
    directory: Path
    major: int
    has_postgis: bool


def find_binaries(major: int | None) -> Path:
    """The newest, or for existing data the one that wrote it: a cluster opens with its own version only."""
    usable = [found for found in _installed() if found.major >= OLDEST and found.has_postgis]
    fitting = [found for found in usable if major in (None, found.major)]
    if fitting:
        return max(fitting, key=lambda found: found.major).directory
    if major:
        raise LocalError(f"The data was written by PostgreSQL {major}, which is not here with PostGIS. {HOW}")
    raise LocalError(f"No PostgreSQL {OLDEST} or newer with PostGIS found. {HOW}")


def _installed() -> list[Binaries]:
    found = [_of_debian(directory) for directory in DEBIAN.glob("[0-9]*/bin")]
    in_path = shutil.which("postgres")
    return [*(found if not in_path else [*found, _in_path(Path(in_path).resolve().parent)])]


def _of_debian(directory: Path) -> Binaries:
    major = int(directory.parent.name) if (directory / "initdb").exists() else 0
    return Binaries(directory, major, _has_postgis(Path(f"/usr/share/postgresql/{major}")))


def _in_path(directory: Path) -> Binaries:
    version = re.search(r"\d+", _ask(directory / "postgres", "--version"))
    share = Path(_ask(directory / "pg_config", "--sharedir"))
    return Binaries(directory, int(version[0]) if version else 0, _has_postgis(share))


def _has_postgis(share: Path) -> bool:
    return (share / "extension" / "postgis.control").exists()


def _ask(program: Path, question: str) -> str:
    try:
        asked = subprocess.run([program, question], capture_output=True, text=True, check=False)  # noqa: S603
        return asked.stdout.strip()
    except OSError:
        return ""
