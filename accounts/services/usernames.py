"""A user name for those whose client knows only e-mail or a full name."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator

LONGEST = 30


def suggestions(*, email: str | None, name: str) -> Iterator[str]:
    """`ana.ruiz`, then `ana.ruiz4821`, …: never an "@", never empty."""
    # the name first: on a campus with one domain the address would be plain to see in the user name
    base = _plain(name) or _plain((email or "").partition("@")[0]) or "person"
    yield base
    for digits in (3, 5, 8, 12):
        yield f"{base}{secrets.randbelow(10**digits):0{digits}}"


def _plain(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", ".", ascii_text).strip(".")[:LONGEST].strip(".")
