"""What people are told."""

from __future__ import annotations

from typing import Any

from accounts.models import Notification
from accounts.notification_shapes import NotificationOut
from marketplace.sync.kinds import Kind
from marketplace.sync.registry import Keys, Shown, Synced, registry


def notifications(viewer: Any, keys: Keys) -> Shown:
    rows = Notification.objects.visible_to(viewer).current().filter(pk__in=keys)
    return {row.pk: NotificationOut(row).data for row in rows}


registry.add(Synced("notifications", (Kind.NOTIFICATION,), notifications, ("accounts_notification",)))
