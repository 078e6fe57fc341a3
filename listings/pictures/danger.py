"""Files that are recognisably something else, and something that runs: refused before anybody tries to decode them.

Unknown bytes are no danger: nothing is ever shown that the worker has not encoded anew. So a doubt counts for the
uploader, and random bytes must pass.
"""

from __future__ import annotations

import re

from marketplace.common.storage.filetypes import SNIFF_BYTES, sniff

__all__ = ["SNIFF_BYTES", "danger_in"]

_MARKUP = {"text/html", "image/svg+xml", "application/xml"}
_SIGNATURES = (
    (re.compile(rb"%PDF-\d"), "a PDF"),
    (re.compile(rb"PK\x03\x04|PK\x05\x06|Rar!\x1a\x07|7z\xbc\xaf\x27\x1c|\x1f\x8b\x08"), "an archive"),
    (re.compile(rb"MZ.{0,1000}PE\x00\x00", re.DOTALL), "a program"),
    (re.compile(rb"\x7fELF|\xca\xfe\xba\xbe|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\x00asm\x01"), "a program"),
    (re.compile(rb"#! ?/|<\?php|<\?=|<%@"), "a script"),
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "a PostScript file"),
    (re.compile(rb"[FCZ]WS[\x03-\x30].{4}\x78", re.DOTALL), "a Flash film"),
)
_START = 32
_TEXT = set(range(0x20, 0x7F)) | set(b"\t\n\r\f")


def danger_in(head: bytes) -> str | None:
    """What it is, for the reply; None for a picture and for anything unknown."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\x00", b"")[2:]
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, name in _SIGNATURES:
        if pattern.match(start):
            return name
    return "a web page" if sniff(head) in _MARKUP and _reads_as_text(start) else None


def _reads_as_text(start: bytes) -> bool:
    """One in 256 random files begins with `<`; none goes on in letters."""
    return all(byte in _TEXT or byte >= 0x80 for byte in start[:_START]) and start[:6].isascii()
