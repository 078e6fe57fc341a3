"""Single byte ranges, so that a film can be wound forward."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK = 65_536
_SINGLE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    pass


def parse_range(header: str, size: int) -> range | None:
    """The bytes asked for; None for the whole file, which is also the answer to what we do not understand."""
    match = _SINGLE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        wanted = range(max(0, size - int(match[2])), size)
    else:
        last = int(match[2]) if match[2] else size - 1
        if match[2] and last < int(match[1]):
            return None
        wanted = range(int(match[1]), min(last + 1, size))
    if not wanted:
        raise Unsatisfiable
    return wanted


@dataclass
class FileSlice:
    """Some bytes of an open file, chunk by chunk; Django closes it with the response."""

    file: BinaryIO
    wanted: range

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.wanted.start)
        left = len(self.wanted)
        while left > 0 and (chunk := self.file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self.file.close()
