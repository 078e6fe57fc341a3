"""How often a JPEG makes its decoder walk over the whole picture.

A progressive JPEG may have a hundred thousand scans of a few bytes each, and every one of them costs as much as a
picture. Ordinary ones have about ten.
"""

from __future__ import annotations

import re

MAX_SCANS = 100
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # within a scan 0xFF is followed by 0x00, or by a restart


def count_scans(jpeg: bytes) -> int:
    """Up to the end of the picture: what phones append to it, such as a short film, is not decoded."""
    scans, at = 0, 0
    while marker := MARKER.search(jpeg, at):
        kind = marker[1][0]
        if kind == _EOI:
            break
        scans += kind == _SOS
        at = marker.end()
        if kind != _SOI:
            at += max(2, int.from_bytes(jpeg[at : at + 2], "big"))  # over the segment, whatever is in it
    return scans
