"""The way a picture is turned, as an EXIF block that says nothing else."""

from __future__ import annotations

import struct

ORIENTATION = 0x0112


def block(turn: int) -> bytes:
    """One directory with one entry, a short."""
    return b"MM\x00\x2a" + struct.pack(">IHHHIHxxI", 8, 1, ORIENTATION, 3, 1, turn, 0)


def is_needed(turn: int) -> bool:
    return 2 <= turn <= 8
