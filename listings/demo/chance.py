"""Chance that repeats itself: every person, listing and picture has dice and an id of its own."""

from __future__ import annotations

import random
from hashlib import blake2b
from uuid import UUID

# Ids look like any other time-ordered key, but are counted from a fixed moment: a key says which row it is, on any day
FIRST_MOMENT_MS = 1_767_225_600_000  # 2026-01-01


def dice(seed: int, kind: str, n: int) -> random.Random:
    """The n-th listing falls the same way however many there are."""
    return random.Random(f"{seed}:{kind}:{n}")  # noqa: S311  (nothing secret hangs on it)


def key(seed: int, kind: str, n: int) -> UUID:
    digest = int.from_bytes(blake2b(f"{seed}:{kind}:{n}".encode(), digest_size=10).digest())
    number = (FIRST_MOMENT_MS + n) << 80 | digest
    number = number & ~(0xF << 76) | 0x7 << 76  # version
    number = number & ~(0x3 << 62) | 0x2 << 62  # variant
    return UUID(int=number)
