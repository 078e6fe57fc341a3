"""Keys: made by the server, checked wherever one comes in. Nothing a user named ever reaches a path."""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import uuid4

from marketplace.common.storage.errors import InvalidKey

INCOMING = "incoming"  # the only place a presigned URL can write to
MAX_LENGTH = 512
MAX_SEGMENT = 200  # file systems stop at 255
# No dot at either end of a segment and no two in a row: `..`, `.hidden` and `a/./b` cannot be spelled
_SEGMENT = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_KEY = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_PREFIX = re.compile(rf"(?:{_SEGMENT}/)*")


def check_key(key: str) -> str:
    if len(key) > MAX_LENGTH or not _KEY.fullmatch(key) or max(map(len, key.split("/"))) > MAX_SEGMENT:
        raise InvalidKey(f"not a storage key: {key[:80]!r}")
    return key


def check_prefix(prefix: str) -> str:
    """A folder with its closing slash, or nothing for everything."""
    if len(prefix) > MAX_LENGTH or not _PREFIX.fullmatch(prefix):
        raise InvalidKey(f"not a storage prefix: {prefix[:80]!r}")
    return prefix


def new_key(prefix: str, extension: str, *, allowed: Collection[str]) -> str:
    """`new_key("listings/7", "JPG", allowed={"jpg"})` → `listings/7/<uuid>.jpg`, which nobody can guess."""
    extension = extension.lower().removeprefix(".")
    if extension not in allowed:
        raise InvalidKey(f"files ending in .{extension[:20]} are not taken here")
    return check_key(f"{prefix.rstrip('/')}/{uuid4()}.{extension}")


def incoming_key(key: str) -> str:
    """Where the bytes for `key` wait between upload and confirmation."""
    return check_key(f"{INCOMING}/{key}")


def extension_of(key: str) -> str:
    name = key.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""
