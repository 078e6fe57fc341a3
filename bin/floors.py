"""Are all requirements pinned and hashed, and none older than its last safety fix?"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FLOORS = {
    "django": (5, 2, 19),
    "djangorestframework": (3, 18),
    "pyjwt": (2, 13),
    "daphne": (4, 2, 3),
    "uvicorn": (0, 54),
}
PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")


def main(files: list[str]) -> int:
    problems = [f"{file}: {problem}" for file in files for problem in _problems(Path(file).read_text())]
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def _problems(text: str) -> list[str]:
    entries = _entries(text)
    pinned = {match[1].lower(): match[2] for entry in entries if (match := PIN.match(entry))}
    loose = [f"not pinned: {entry.split()[0]}" for entry in entries if not PIN.match(entry)]
    bare = [f"without a hash: {entry.split()[0]}" for entry in entries if "--hash=sha256:" not in entry]
    missing = [f"{name} is missing" for name in FLOORS if name not in pinned]
    old = [
        f"{name} {pinned[name]} is older than {'.'.join(map(str, floor))}"
        for name, floor in FLOORS.items()
        if name in pinned and _version(pinned[name]) < floor
    ]
    return [*loose, *bare, *missing, *old]


def _entries(text: str) -> list[str]:
    """One line per requirement: comments away, continued lines joined."""
    lines = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("--")]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
