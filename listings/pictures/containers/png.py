"""PNG, still or moving: pixels, palette, colours; no texts, no times, nothing after the end."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from listings.pictures.containers import turn as turning
from listings.pictures.containers.trouble import Broken

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DRAWS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT"}
_COLOURS = {b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"cICP", b"mDCV", b"cLLI"}


def copy(png: bytes, target: BinaryIO, turn: int) -> None:
    target.write(SIGNATURE)
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if len(png) < at + 12:
            raise Broken
        length, kind = struct.unpack_from(">I4s", png, at)
        end = at + 12 + length
        if end > len(png):
            raise Broken
        if kind in _DRAWS or kind in _COLOURS:
            target.write(memoryview(png)[at:end])
        if kind == b"IHDR" and turning.is_needed(turn):
            target.write(_chunk(b"eXIf", turning.block(turn)))
        at = end


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
