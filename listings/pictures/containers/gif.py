"""GIF, still or moving: images, their timing, how often they repeat; no comments, no texts, nothing after the end."""

from __future__ import annotations

from typing import BinaryIO

from listings.pictures.containers.trouble import Broken

SIGNATURES = (b"GIF87a", b"GIF89a")
_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
_TIMING, _TEXT, _PROGRAM = 0xF9, 0x01, 0xFF
_LOOPS = (b"\x0bNETSCAPE2.0\x03\x01", b"\x0bANIMEXTS1.0\x03\x01")
_LOOP_BYTES = 16  # its name, then one small block: how often


def copy(gif: bytes, target: BinaryIO, turn: int) -> None:
    """Such files cannot say that they are turned."""
    try:
        _copy(gif, target)
    except IndexError as error:
        raise Broken from error


def _copy(gif: bytes, target: BinaryIO) -> None:
    view = memoryview(gif)
    at = 13 + _colours(gif[10])
    target.write(view[:at])
    timing = b""  # belongs to the image or the text that follows it
    while at < len(gif) and gif[at] in (_IMAGE, _EXTENSION):  # what follows anything else, nobody shows
        if gif[at] == _IMAGE:
            end = _after_blocks(gif, at + 11 + _colours(gif[at + 9]))
            target.write(timing)
            target.write(view[at:end])
            timing = b""
        else:
            end = _after_blocks(gif, at + 2)
            label = gif[at + 1]
            if label == _TIMING:
                timing = _plain_timing(gif[at:end])
            elif label == _TEXT:
                timing = b""
            elif label == _PROGRAM and gif.startswith(_LOOPS, at + 2):
                target.write(gif[at : at + 2 + _LOOP_BYTES] + b"\x00")
        at = end
    target.write(bytes([_END]))


def _colours(flags: int) -> int:
    """Bytes of a palette."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(gif: bytes, at: int) -> int:
    while length := gif[at]:
        at += 1 + length
    return at + 1


def _plain_timing(extension: bytes) -> bytes:
    if extension[2] != 4:
        raise Broken
    return extension[:7] + b"\x00"
