"""T31, for the whole suite: when it ends, no log that it wrote holds a token or a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from marketplace.common.redaction import HIDDEN

JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]{5,}")
_UNLESS_HIDDEN = rf"(?!{re.escape(HIDDEN)})"
VALUES = re.compile(  # password=…  token=…  "password": "…"
    rf"""(?i)(?:password|token)=(?!null\b|none\b){_UNLESS_HIDDEN}[^\s&"'\\]"""
    rf"""|(?:password|token)\\*["']\s*:\s*\\*["']{_UNLESS_HIDDEN}[^"'\\]"""
)

Sizes = dict[int, int]
SIZES: pytest.StashKey[Sizes] = pytest.StashKey()
FOUND: pytest.StashKey[list[str]] = pytest.StashKey()


def patterns(password: str) -> list[re.Pattern[str]]:
    return [JWT, VALUES, re.compile(re.escape(password))]


def sizes_of(directory: Path) -> Sizes:
    """By inode: a log that is rotated away in the meantime is still the same file."""
    return {path.stat().st_ino: path.stat().st_size for path in _files(directory)}


def secrets_in(directory: Path, *, since: Sizes, searched: list[re.Pattern[str]]) -> Iterator[str]:
    """`file:line` of each line written since then that should not be there; never the line itself."""
    for path in _files(directory):
        with path.open("rb") as log:
            passed = log.read(since.get(path.stat().st_ino, 0))
            for number, line in enumerate(log, start=passed.count(b"\n") + 1):
                if any(pattern.search(line.decode(errors="replace")) for pattern in searched):
                    yield f"{path}:{number}"


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file()) if directory.is_dir() else []


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[SIZES] = sizes_of(settings.VAR_DIR / "log")


@pytest.hookimpl(trylast=True)  # after xdist has seen its workers off
def pytest_sessionfinish(session: pytest.Session) -> None:
    from conftest import PASSWORD

    if not _is_controller(session.config):
        return
    searched, since = patterns(PASSWORD), session.config.stash[SIZES]
    found = list(secrets_in(settings.VAR_DIR / "log", since=since, searched=searched))
    session.config.stash[FOUND] = found
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(FOUND, [])
    if found:
        terminalreporter.section("tokens or passwords in logs", sep="=", red=True)
        for place in found[:20]:
            terminalreporter.line(f"FAILED {place}")
        terminalreporter.line(f"{len(found)} lines; see marketplace/common/redaction.py")
