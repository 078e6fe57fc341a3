"""Having read it. Another device of the same person hears of it through `notification.read`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Notification, User
from marketplace.common import outbox
from marketplace.common.errors import NotFound


class NotificationNotFound(NotFound):
    code = "notification_not_found"
    detail = "Notification not found"


@transaction.atomic
def mark_read(user: User, notification_id: UUID, *, now: datetime) -> Notification:
    """One that was replaced a moment ago can still be read: it may be what the person is looking at."""
    found: Notification | None = (
        Notification.objects.visible_to(user).select_for_update().filter(pk=notification_id).first()
    )
    if found is None:
        raise NotificationNotFound
    if found.read_at is not None:
        return found
    found.read_at = now
    found.save(update_fields=["read_at"])
    outbox.publish("notification.read", user_id=str(user.pk), notification_id=str(found.pk))
    return found


@transaction.atomic
def mark_all_read(user: User, *, up_to: UUID | None, now: datetime) -> int:
    """Up to the newest the person has seen, so that what arrives meanwhile stays unread; ids are ordered in time."""
    rows = Notification.objects.visible_to(user).unread()
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    changed = rows.update(read_at=now)
    if changed:
        outbox.publish("notification.read", user_id=str(user.pk), up_to=str(up_to) if up_to else None)
    return changed


def unread_count(user: User) -> int:
    return Notification.objects.visible_to(user).unread().count()
