"""What is pushed, to where, and the ways it can fail."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

SHOWN_CHARACTERS = 240  # a lock screen shows fewer, and a Web Push message must fit into 4 KiB
TIMEOUT_SECONDS = 8.0
KEEP_SECONDS = 86_400  # how long a provider holds a message for a phone that is off


@dataclass(frozen=True)
class PushTarget:
    """`token` opens a way to somebody's phone: it appears in no `repr`, so in no log."""

    platform: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class PushMessage:
    """`data` holds ids only: a provider needs no more to wake an app that then asks us."""

    notification_id: str
    kind: str
    title: str
    body: str
    badge: int
    collapse_key: str = ""
    is_urgent: bool = False
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """The collapse key as every provider takes it: 32 URL-safe characters, or none."""
        if not self.collapse_key:
            return ""
        return urlsafe_b64encode(hashlib.sha256(self.collapse_key.encode()).digest()).decode()[:32]

    def facts(self) -> dict[str, str]:
        """For the app, not for the eye."""
        return {
            **self.data,
            "notification_id": self.notification_id,
            "kind": self.kind,
            "collapse_key": self.collapse_key,
            "badge": str(self.badge),
        }

    def payload(self) -> dict[str, Any]:
        return {"title": self.title, "body": self.body, "badge": self.badge, "tag": self.topic, "data": self.facts()}


class TokenGone(Exception):
    """The provider will never again deliver to this token."""


class PushFailed(Exception):
    """Not this time. The text is kept with the delivery, so it never holds a token or an address."""


class PushRefused(PushFailed):
    """Never, and yet the token may be good: no use in asking again."""


class PushOff(Exception):
    """This installation pushes nothing."""


class PushBackend(Protocol):
    def send(self, target: PushTarget, message: PushMessage) -> None:
        """Returns when the provider has taken it; raises one of the above or, to be asked again, anything else."""
