"""Carrying out one delivery: is it still wanted, and what exactly goes out. Runs outside any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts import push
from accounts.models import Delivery, Notification
from accounts.notices import kinds, letters
from accounts.notices.kinds import Kind
from accounts.notices.reading import unread_count


class NotWanted(Exception):
    """Nothing to send any more; the text says why."""


def send(delivery: Delivery) -> None:
    kind = kinds.named(delivery.notification.kind)
    _refuse_if_pointless(delivery, kind)
    if delivery.channel == Delivery.Channel.PUSH:
        _push(delivery, kind)
    else:
        _mail(delivery.notification, kind)


def _refuse_if_pointless(delivery: Delivery, kind: Kind) -> None:
    """A mandatory way is not spared by reading: a thief reading the list must not keep the letter from its owner."""
    notification = delivery.notification
    if notification.replaced_at is not None:
        raise NotWanted("replaced")
    if notification.read_at is not None and delivery.channel not in kind.mandatory:
        raise NotWanted("read")
    if not notification.user.is_active and not kind.reaches_inactive:
        raise NotWanted("inactive")


def _push(delivery: Delivery, kind: Kind) -> None:
    device = delivery.device
    if device is None or not device.push_token:
        raise NotWanted("no token")
    target = push.PushTarget(device.platform, device.push_token)
    try:
        push.backend().send(target, message_of(delivery.notification, kind))
    except push.PushOff as error:
        raise NotWanted(str(error)) from error


def message_of(notification: Notification, kind: Kind) -> push.PushMessage:
    return push.PushMessage(
        notification_id=str(notification.pk),
        kind=kind.name,
        title=notification.title,
        body=_shown(notification.body),
        badge=unread_count(notification.user),
        collapse_key=notification.collapse_key,
        is_urgent=kind.is_urgent,
        data=ids_of(notification.data),
    )


def ids_of(data: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in data.items() if name.endswith("_id") and value is not None}


def _shown(body: str) -> str:
    return body if len(body) <= push.SHOWN_CHARACTERS else body[: push.SHOWN_CHARACTERS - 1] + "…"


def _mail(notification: Notification, kind: Kind) -> None:
    person = notification.user
    if not person.email:
        raise NotWanted("no address")
    with letters.language_of(person):
        letter = kind.compose_mail(person, notification)
        if letter is None:
            raise NotWanted("settled")
        letters.send(person, notification, letter)
