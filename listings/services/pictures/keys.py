"""Keys of pictures: `listings/<listing>/<uuid>.<extension>`, and what a file name and a type must say to get one."""

from __future__ import annotations

import re
from uuid import UUID

from marketplace.common.errors import InvalidInput, NotFound
from marketplace.common.storage import extension_of, new_key
from marketplace.common.storage.filetypes import TYPE_OF_EXTENSION, canonical

EXTENSIONS = ("jpg", "jpeg", "png", "webp")
TYPES = {TYPE_OF_EXTENSION[extension] for extension in EXTENSIONS}
HEIC = {"heic", "heif", "hif", "image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"}
SAY_HEIC = "HEIC pictures are not taken here, as few devices can show them; send JPEG instead"
SAY_TYPES = "Send a JPEG, PNG or WebP picture"
_CONTENT_TYPE = re.compile(r"[A-Za-z]+/[A-Za-z0-9.+-]+")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(rf"listings/({_UUID})/{_UUID}\.(?:{'|'.join(EXTENSIONS)})")


class NoSuchUpload(NotFound):
    code = "upload_not_found"
    detail = "There is no such upload for this listing"


def new_for(listing_id: UUID, extension: str) -> str:
    return new_key(f"listings/{listing_id}", extension, allowed=EXTENSIONS)


def require_for(listing_id: UUID, object_key: str) -> None:
    """Exactly as we made it, and for this listing."""
    match = _KEY.fullmatch(object_key)
    if match is None:
        raise InvalidInput.one(["body", "object_key"], "This is not a key from /v1/images/presign")
    if match[1] != str(listing_id):
        raise NoSuchUpload


def chosen_extension(*, filename: str, content_type: str) -> str:
    """Name and type must agree. Some phones name a picture `1000012345`: there the type alone decides."""
    extension, mime = extension_of(filename.strip()), canonical(content_type)
    if extension in HEIC or mime in HEIC:
        raise InvalidInput.one(["body", "content_type"], SAY_HEIC)
    if mime not in TYPES or not _CONTENT_TYPE.fullmatch(content_type):
        raise InvalidInput.one(["body", "content_type"], SAY_TYPES)
    if not filename.isprintable():
        raise InvalidInput.one(["body", "filename"], "A file name has no control characters")
    if not extension:
        return "jpg" if mime == "image/jpeg" else mime.removeprefix("image/")
    if extension not in EXTENSIONS:
        raise InvalidInput.one(["body", "filename"], SAY_TYPES)
    if TYPE_OF_EXTENSION[extension] != mime:
        raise InvalidInput.one(["body", "filename"], "The ending of the file name and its content type disagree")
    return extension
