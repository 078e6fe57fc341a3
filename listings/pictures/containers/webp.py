"""WebP, still or moving: pixels, frames, colours; no EXIF, no XMP, nothing after the end."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from listings.pictures.containers import turn as turning
from listings.pictures.containers.trouble import Broken

_HEAD, _FRAME = b"VP8X", b"ANMF"
_PIXELS = {b"VP8 ", b"VP8L", b"ALPH"}
_DRAWS = {_HEAD, _FRAME, b"ANIM", b"ICCP", *_PIXELS}
_FRAME_FACTS = 16
_HAS_XMP, _HAS_EXIF = 0x04, 0x08


def is_one(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def copy(webp: bytes, target: BinaryIO, turn: int) -> None:
    """The size in the head is written last, when it is known."""
    target.write(b"RIFF\x00\x00\x00\x00WEBP")
    is_turned = False
    for kind, body in _chunks(memoryview(webp)[12 : 8 + int.from_bytes(webp[4:8], "little")]):
        if kind not in _DRAWS:
            continue
        if kind == _HEAD:
            is_turned = turning.is_needed(turn)  # without this head nothing can be said about a picture
            target.write(_chunk(kind, _without_notes(body, is_turned=is_turned)))
        else:
            target.write(_chunk(kind, _plain_frame(body) if kind == _FRAME else body))
    if is_turned:
        target.write(_chunk(b"EXIF", turning.block(turn)))
    size = target.tell() - 8
    target.seek(4)
    target.write(struct.pack("<I", size))


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at + 8 <= len(data):
        kind, length = bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if len(body) < length:
            raise Broken
        yield kind, body
        at += 8 + length + length % 2


def _chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _without_notes(head: memoryview, *, is_turned: bool) -> bytes:
    if not head:
        raise Broken
    flags = head[0] & ~(_HAS_XMP | _HAS_EXIF) | (_HAS_EXIF if is_turned else 0)
    return bytes([flags]) + bytes(head[1:])


def _plain_frame(frame: memoryview) -> bytes:
    pixels = (_chunk(kind, body) for kind, body in _chunks(frame[_FRAME_FACTS:]) if kind in _PIXELS)
    return bytes(frame[:_FRAME_FACTS]) + b"".join(pixels)
