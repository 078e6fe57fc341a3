"""What went wrong, in a frame."""

from __future__ import annotations

import structlog

from chat.frames import Shown
from marketplace.common.errors import DomainError
from marketplace.common.handler import ServerError, translate

log = structlog.get_logger(__name__)


def shown_error(error: Exception) -> Shown:
    """Everything has a frame; what is our fault is written down as well."""
    known = translate(error)
    if known is None:
        log.exception("socket_command_failed", exc_info=error)
        known = ServerError()
    shown = {"type": "error", **known.body()}
    if isinstance(shown["detail"], list):
        shown["detail"] = known.text
    return {**shown, **_when(known)}


def _when(error: DomainError) -> Shown:
    wait = error.headers.get("Retry-After")
    return {"retry_after": int(wait)} if wait else {}
