"""Which files are welcome, what their keys are, and what they are called."""

from __future__ import annotations

from uuid import UUID

from marketplace.common.errors import InvalidInput
from marketplace.common.storage import extension_of, new_key
from marketplace.common.storage.filetypes import TYPE_OF_EXTENSION, agrees, canonical, is_called, sniff
from marketplace.common.storage.presentation import clean_name

FOLDER = "chat"
DOCUMENTS = ("pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt", "csv")
PICTURES = ("jpg", "jpeg", "png", "gif", "webp")
DRAWINGS = ("svg",)
SOUNDS = ("mp3", "wav", "ogg")
FILMS = ("mp4", "avi", "mov")
ARCHIVES = ("zip", "rar", "7z")
EXTENSIONS = (*DOCUMENTS, *PICTURES, *DRAWINGS, *SOUNDS, *FILMS, *ARCHIVES)
SAYS_NOTHING = ("", "application/octet-stream")  # what programs send along that do not know better


def key_for(user_id: UUID, extension: str) -> str:
    return new_key(f"{FOLDER}/{user_id}", extension, allowed=EXTENSIONS)


def chosen_extension(filename: str, content_type: str, *, at: tuple[str, str]) -> str:
    """Name and type must agree; a name without an ending leaves it to the type. `at`: where each of them stood."""
    extension = extension_of(filename.strip())
    if not extension:
        extension = next((known for known in EXTENSIONS if is_called(content_type, known)), "")
    if extension not in EXTENSIONS:
        raise InvalidInput.one(["body", at[0]], f"Taken here are {', '.join(EXTENSIONS)}")
    if not (is_called(content_type, extension) and content_type.isascii() and content_type.isprintable()):
        raise InvalidInput.one(["body", at[1]], "The ending of the file name and its content type disagree")
    return extension


def declared(content_type: str | None, filename: str) -> str:
    """What a part of a form says it is, or would say if it said anything."""
    given = canonical(content_type or "")
    return TYPE_OF_EXTENSION.get(extension_of(filename), given) if given in SAYS_NOTHING else given


def problem_with(*, content_type: str, size: int, head: bytes, extension: str, max_bytes: int) -> str | None:
    if not 0 < size <= max_bytes:
        return f"A file has 1 to {max_bytes} bytes, this one has {size}"
    if not agrees(content_type, extension, sniff(head, f"x.{extension}")):
        return "The file is not what its name says"
    return None


def fit_name(name: str, extension: str) -> str:
    """As it was called, but never by the ending of something else: it is saved under this name."""
    kept = clean_name(name)
    is_honest = TYPE_OF_EXTENSION.get(extension_of(kept)) == TYPE_OF_EXTENSION[extension]
    return kept if is_honest else f"{kept}.{extension}"
