"""Push for a developer's machine: told on the console, sent nowhere."""

from __future__ import annotations

import structlog

from accounts.push.base import PushMessage, PushTarget

log = structlog.get_logger(__name__)


class ConsolePush:
    def send(self, target: PushTarget, message: PushMessage) -> None:
        log.info(
            "push", platform=target.platform, title=message.title, body=message.body, badge=message.badge,
            kind=message.kind, ids=dict(message.data),
        )  # fmt: skip
