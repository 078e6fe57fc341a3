"""How a stored file is shown, so that nothing a person uploaded can run in our origin.

The type comes from the extension, which the server chose; never from what the uploader declared or what the bytes
look like. Whatever is not on a list goes out as anonymous bytes to be saved.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.http import content_disposition_header

from marketplace.common.storage.filetypes import TYPE_OF_EXTENSION, UNKNOWN
from marketplace.common.storage.keys import extension_of

SHOWN = {"jpg", "jpeg", "png", "webp", "gif", "mp4", "mp3"}
# Saved, never shown; the type helps a phone to choose what opens them. An SVG is a page that can run: it has no type
SAVED = {
    *("pdf", "zip", "rar", "7z", "docx", "xlsx", "pptx", "doc", "xls", "ppt", "txt", "csv"),
    *("webm", "mov", "avi", "m4a", "ogg", "wav", "heic", "avif"),
}
MAX_NAME = 150


@dataclass(frozen=True)
class Presentation:
    content_type: str
    disposition: str


def present(key: str, *, download_name: str | None = None, inline: bool = False) -> Presentation:
    extension = extension_of(key)
    name = clean_name(download_name) if download_name else ""
    is_shown = inline and extension in SHOWN
    disposition = content_disposition_header(not is_shown, name) or "inline"
    return Presentation(_served_type(extension), disposition)


def clean_name(name: str) -> str:
    """A file name fit for a header: no control or direction marks, no path."""
    kept = "".join(char for char in name if char.isprintable() and char not in '/\\"')
    return kept.strip(" .")[-MAX_NAME:] or "file"


def _served_type(extension: str) -> str:
    if extension not in SHOWN | SAVED:
        return UNKNOWN
    content_type = TYPE_OF_EXTENSION[extension]
    return f"{content_type}; charset=utf-8" if content_type.startswith("text/") else content_type
