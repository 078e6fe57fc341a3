"""Firebase Cloud Messaging for Android and iOS. Needs the `push` extra and `FCM_CREDENTIALS_FILE`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings

from accounts.push.base import (
    KEEP_SECONDS,
    TIMEOUT_SECONDS,
    PushFailed,
    PushMessage,
    PushRefused,
    PushTarget,
    TokenGone,
)

APP_NAME = "market"


class FcmPush:
    """The SDK is imported and its credentials are read at the first message, not at the start of every process."""

    def __init__(self, *, app: Any = None) -> None:
        if app is not None:
            self.app = app

    @cached_property
    def app(self) -> Any:
        import firebase_admin
        from firebase_admin import credentials

        try:
            return firebase_admin.get_app(APP_NAME)  # another thread was here first
        except ValueError:
            certificate = credentials.Certificate(settings.FCM_CREDENTIALS_FILE)
            return firebase_admin.initialize_app(certificate, {"httpTimeout": TIMEOUT_SECONDS}, name=APP_NAME)

    def send(self, target: PushTarget, message: PushMessage) -> None:
        from firebase_admin import exceptions, messaging

        try:
            messaging.send(_envelope(target, message), app=self.app)
        except (messaging.UnregisteredError, messaging.SenderIdMismatchError) as error:
            raise TokenGone from error
        except exceptions.InvalidArgumentError as error:
            if _is_about_the_token(error):
                raise TokenGone from error
            raise PushRefused("INVALID_ARGUMENT") from error
        except exceptions.FirebaseError as error:
            raise PushFailed(str(error.code)) from error


def _is_about_the_token(error: Exception) -> bool:
    """The same code also says that the message is malformed, and a fault of ours must not cost anybody a token."""
    return "registration token" in str(error).lower()


def _envelope(target: PushTarget, message: PushMessage) -> Any:
    from firebase_admin import messaging

    topic = message.topic or None
    apple_headers = {"apns-priority": "10" if message.is_urgent else "5"}
    if topic:
        apple_headers["apns-collapse-id"] = topic
    return messaging.Message(
        token=target.token,
        notification=messaging.Notification(title=message.title, body=message.body),
        data=message.facts(),
        android=messaging.AndroidConfig(
            collapse_key=topic,
            priority="high" if message.is_urgent else "normal",
            ttl=KEEP_SECONDS,
            notification=messaging.AndroidNotification(tag=topic, notification_count=message.badge),
        ),
        apns=messaging.APNSConfig(
            headers=apple_headers,
            payload=messaging.APNSPayload(aps=messaging.Aps(badge=message.badge, sound="default")),
        ),
    )
