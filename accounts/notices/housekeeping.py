"""What is no longer needed goes: old notifications, old deliveries, tokens of phones nobody has touched for long."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import Delivery, Device, Notification

KEEP_READ = timedelta(days=90)
KEEP_REPLACED = timedelta(days=3)  # longer than the outbox tries to deliver an event
KEEP_DELIVERIES = timedelta(days=30)
TOKEN_LIFE = timedelta(days=270)  # after which a provider itself calls a token dead


def tidy(*, now: datetime) -> None:
    forget_old_notifications(now=now)
    forget_finished_deliveries(now=now)
    forget_untouched_tokens(now=now)


def forget_old_notifications(*, now: datetime) -> None:
    """Unread ones stay; what was only pushed or mailed can never be read, so it counts as read."""
    read = Q(read_at__lt=now - KEEP_READ)
    never_shown = Q(in_app=False, created_at__lt=now - KEEP_READ)
    replaced = Q(replaced_at__lt=now - KEEP_REPLACED)
    Notification.objects.filter(read | never_shown | replaced).delete()


def forget_finished_deliveries(*, now: datetime) -> None:
    Delivery.objects.filter(done_at__lt=now - KEEP_DELIVERIES).delete()


def forget_untouched_tokens(*, now: datetime) -> int:
    return Device.objects.reachable().untouched_since(now - TOKEN_LIFE).update(push_token=None)
