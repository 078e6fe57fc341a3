"""No push at all: the default where nobody has set up a provider. Deliveries are skipped, not called sent."""

from __future__ import annotations

from accounts.push.base import PushMessage, PushOff, PushTarget


class NoPush:
    def send(self, target: PushTarget, message: PushMessage) -> None:
        raise PushOff("no push provider is set up")
