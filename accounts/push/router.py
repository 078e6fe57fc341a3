"""Each platform's own provider: phones through FCM, browsers through Web Push."""

from __future__ import annotations

from accounts.push.base import PushBackend, PushMessage, PushTarget
from accounts.push.fcm import FcmPush
from accounts.push.webpush import WebPush


class RoutedPush:
    def __init__(self, *, phones: PushBackend | None = None, browsers: PushBackend | None = None) -> None:
        self._phones = phones or FcmPush()
        self._browsers = browsers or WebPush()

    def send(self, target: PushTarget, message: PushMessage) -> None:
        way = self._browsers if target.platform == "web" else self._phones
        way.send(target, message)
