"""How the Angular client shares a file: a whole message, as JSON, is its text, and names the file by its address."""

from __future__ import annotations

import re

import orjson

PUBLIC_URL = re.compile(r"(?:https?://[^/]+)?/api/uploads/(\d{1,18})/download")


def unfolded(content: str) -> tuple[str, int | None]:
    """What was meant to be said, and the number of the file; any other text as it is, without one."""
    if not content.startswith("{"):
        return content, None
    try:
        inner = orjson.loads(content)
        named = PUBLIC_URL.fullmatch(inner["file"]["public_url"])
        said = str(inner["content"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return content, None
    return (said, int(named[1])) if named and "\0" not in said else (content, None)  # no text column holds a NUL
