"""What a phone is told when it cannot simply go on."""

from __future__ import annotations

from marketplace.common.errors import DomainError


class InvalidCursor(DomainError):
    code = "invalid_cursor"
    detail = "This cursor is not valid here"


class InvalidSince(DomainError):
    code = "invalid_since"
    detail = "`since` is a time in ISO 8601; without a zone it is UTC"


class SinceInFuture(DomainError):
    code = "since_in_future"
    detail = "`since` is in the future: set the clock, or use the `server_time` or `cursor` of the last answer"


class CursorOrSince(DomainError):
    code = "cursor_or_since"
    detail = "Send `cursor` or `since`, not both"


class CursorExpired(DomainError):
    status = 410
    code = "cursor_expired"
    detail = "What has changed since is no longer known: drop the copy and start without a cursor"

    def __init__(self) -> None:
        super().__init__(extra={"reset": True})
