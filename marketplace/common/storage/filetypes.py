"""What a file is, by its first bytes; and whether its name and its label say the same.

puremagic knows hundreds of formats but guesses where a guess is dangerous (1.30: any zip is a .docx, AVIF is MP4, two
bytes make a JPEG, markup without a doctype is nothing). What we accept and what could run is therefore looked at here
first. Whatever is looked at, a file is shown by its extension alone: see `presentation`.
"""

from __future__ import annotations

import re

import puremagic

from marketplace.common.storage.keys import extension_of

SNIFF_BYTES = 4_096
EMPTY = "application/x-empty"
UNKNOWN = "application/octet-stream"
ZIP = "application/zip"
_OFFICE = "application/vnd.openxmlformats-officedocument."

TYPE_OF_EXTENSION = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heif",
    "avif": "image/avif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "application/ogg",
    "wav": "audio/wav",
    "avi": "video/x-msvideo",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "zip": ZIP,
    "rar": "application/vnd.rar",
    "7z": "application/x-7z-compressed",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation",
    "txt": "text/plain",
    "csv": "text/csv",
}
ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/heic": "image/heif",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/ogg": "application/ogg",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/x-pn-wav": "audio/wav",
    "text/comma-separated-values": "text/csv",
    "video/avi": "video/x-msvideo",
    "video/msvideo": "video/x-msvideo",
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-rar": "application/vnd.rar",
    "application/rar": "application/vnd.rar",
}
# What a file of this ending is called as well, though the word means something else elsewhere
ALSO_CALLED = {"csv": {"application/vnd.ms-excel"}, "ogg": {"video/ogg"}}
_SIGNATURES = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"RIFF.{4}AVI ", re.DOTALL), "video/x-msvideo"),
    (re.compile(rb"OggS\x00"), "application/ogg"),
    (re.compile(rb"[\x00-\x08].{3}(?:moov|mdat|wide)", re.DOTALL), "video/quicktime"),  # of before there were brands
    (re.compile(rb"Rar!\x1a\x07(?:\x00|\x01\x00)"), "application/vnd.rar"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "application/x-7z-compressed"),
    (re.compile(rb"%PDF-\d"), "application/pdf"),
    (re.compile(rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"), "audio/mpeg"),
)
_BRANDS = (
    (re.compile(rb"avi[fs]"), "image/avif"),
    (re.compile(rb"hei[cx]|hev[cx]|mif1|msf1"), "image/heif"),
    (re.compile(rb"M4[AB] "), "audio/mp4"),
    (re.compile(rb"qt  "), "video/quicktime"),
    (re.compile(rb"isom|iso\d|mp4[12]|avc1|M4V |dash|MSNV"), "video/mp4"),
)
OFFICE = ("docx", "xlsx", "pptx")
OLD_OFFICE = ("doc", "xls", "ppt")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The first entry of the archive: not everybody writes the list of contents first
_OFFICE_ENTRY = re.compile(rb"\[Content_Types\]\.xml|_rels/|docProps/|customXml/|word/|xl/|ppt/")
# puremagic's word alone is not enough for these
_OURS = {mime for _, mime in (*_SIGNATURES, *_BRANDS)} | {TYPE_OF_EXTENSION[name] for name in (*OFFICE, *OLD_OFFICE)}
_BLANK = b"\xef\xbb\xbf\t\n\x0b\x0c\r "
_HTML = re.compile(rb"<(?:!doctype html|html|head|body|script|iframe|style|title|meta|img|a|b|p|div|br|h1|table)\b")


def sniff(first_bytes: bytes, filename: str = "") -> str:
    """The type by content. The name only tells one office format from another."""
    head = first_bytes[:SNIFF_BYTES]
    if not head:
        return EMPTY
    known = _by_signature(head) or _media(head) or _zip(head, filename) or _ole(head, filename)
    return known or _markup(head) or _other(head)


def agrees(declared: str, extension: str, sniffed: str) -> bool:
    """Label, name and content say the same thing. Which things are welcome is the caller's list to keep."""
    extension = extension.lower().removeprefix(".")
    if not is_called(declared, extension):
        return False
    expected = TYPE_OF_EXTENSION[extension]
    content = "text/plain" if expected == "text/csv" else expected  # nothing marks a .csv but its name
    return canonical(sniffed) == content


def is_called(declared: str, extension: str) -> bool:
    """Whether a file with this ending may have this label."""
    mime = canonical(declared)
    return mime == TYPE_OF_EXTENSION.get(extension, "") or mime in ALSO_CALLED.get(extension, ())


def canonical(content_type: str) -> str:
    plain = content_type.partition(";")[0].strip().lower()
    return ALIASES.get(plain, plain)


def _by_signature(head: bytes) -> str | None:
    return next((mime for pattern, mime in _SIGNATURES if pattern.match(head)), None)


def _media(head: bytes) -> str | None:
    """ISO base media: the brand tells a still picture from a film."""
    if head[4:8] != b"ftyp":
        return None
    return next((mime for brand, mime in _BRANDS if brand.match(head, 8)), UNKNOWN)


def _zip(head: bytes, filename: str) -> str | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    if b"META-INF/" in head:
        return "application/java-archive"
    is_office = _OFFICE_ENTRY.match(head, 30) or b"[Content_Types].xml" in head
    return TYPE_OF_EXTENSION[extension_of(filename)] if is_office and extension_of(filename) in OFFICE else ZIP


def _ole(head: bytes, filename: str) -> str | None:
    """The container of the old office formats; what is in it stands anywhere in the file."""
    if not head.startswith(_OLE):
        return None
    return TYPE_OF_EXTENSION[extension_of(filename)] if extension_of(filename) in OLD_OFFICE else UNKNOWN


def _markup(head: bytes) -> str | None:
    """Anything a browser might take for a page, whatever stands before it that it would skip."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\x00", b"")[2:]
    text = head.lstrip(_BLANK).lower()
    if not text.startswith(b"<"):
        return None
    if b"<svg" in text:
        return "image/svg+xml"
    return "text/html" if _HTML.search(text) else "application/xml"


def _other(head: bytes) -> str:
    if _is_text(head):  # asked first: puremagic takes a table that begins with "ID;" for something else
        return "text/plain"
    try:
        guess = canonical(puremagic.from_string(head, mime=True))
    except puremagic.PureError:
        return "text/plain" if _is_old_text(head) else UNKNOWN
    return guess if guess and guess not in _OURS else UNKNOWN


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else: a letter that was cut in two at the end of what we read
            return False
        text = head[: error.start].decode("utf-8")
    return _reads_well(text)


def _is_old_text(head: bytes) -> bool:
    """As spreadsheets on Windows still write it."""
    try:
        return _reads_well(head.decode("cp1252"))
    except UnicodeDecodeError:
        return False


def _reads_well(text: str) -> bool:
    return all(char.isprintable() or char in "\t\r\n\f\ufeff" for char in text)
