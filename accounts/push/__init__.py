"""Push: one small interface, and whoever carries it out. `settings.PUSH_BACKEND` names the class."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.push.base import (
    SHOWN_CHARACTERS,
    PushBackend,
    PushFailed,
    PushMessage,
    PushOff,
    PushRefused,
    PushTarget,
    TokenGone,
)

__all__ = [
    "SHOWN_CHARACTERS",
    "PushBackend",
    "PushFailed",
    "PushMessage",
    "PushOff",
    "PushRefused",
    "PushTarget",
    "TokenGone",
    "backend",
]


def backend() -> PushBackend:
    return _made(settings.PUSH_BACKEND)


@cache
def _made(dotted_path: str) -> PushBackend:
    made: PushBackend = import_string(dotted_path)()
    return made
