"""JPEG: tables, frames and scans, colours; no comments, no notes of the camera, nothing after the end."""

from __future__ import annotations

import struct
from typing import BinaryIO

from listings.pictures.containers import turn as turning
from listings.pictures.scans import MARKER

SIGNATURE = b"\xff\xd8\xff"
_TEM, _SOI, _EOI, _SOS = 0x01, 0xD8, 0xD9, 0xDA
_JFIF, _EXIF, _PROFILE, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_DRAWS = {*range(0xC0, 0xD0), _SOS, 0xDB, 0xDC, 0xDD}  # frames, tables, and what a scan needs to know
_JFIF_BYTES, _ADOBE_BYTES = 14, 12


def copy(jpeg: bytes, target: BinaryIO, turn: int) -> None:
    """One whose end is missing is shown by everybody as far as it goes: it is given an end."""
    target.write(b"\xff\xd8")
    if turning.is_needed(turn):
        _write(target, _EXIF, b"Exif\x00\x00" + turning.block(turn))
    at = 2
    while marker := MARKER.search(jpeg, at):
        kind, at = marker[1][0], marker.end()
        if kind == _EOI:
            break
        if kind in (_TEM, _SOI):  # these stand alone
            continue
        end = at + max(2, int.from_bytes(jpeg[at : at + 2], "big"))
        body = _kept(kind, jpeg[at + 2 : end])
        if body is not None:
            _write(target, kind, body)
        at = end
        if kind == _SOS:
            at = _end_of_scan(jpeg, end)
            target.write(memoryview(jpeg)[end:at])
    target.write(b"\xff\xd9")


def _kept(kind: int, body: bytes) -> bytes | None:
    if kind in _DRAWS:
        return body
    if kind == _JFIF and body.startswith(b"JFIF\x00") and len(body) >= _JFIF_BYTES:
        return body[: _JFIF_BYTES - 2] + b"\x00\x00"  # without the small picture it may hold
    if kind == _PROFILE and body.startswith(b"ICC_PROFILE\x00"):
        return body
    if kind == _ADOBE and body.startswith(b"Adobe"):
        return body[:_ADOBE_BYTES]
    return None


def _write(target: BinaryIO, kind: int, body: bytes) -> None:
    target.write(struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body)


def _end_of_scan(jpeg: bytes, start: int) -> int:
    marker = MARKER.search(jpeg, start)
    return len(jpeg) if marker is None else marker.start()
