"""What people are told, how they want to be told, and how far each telling has come."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.device import Device
from marketplace.common.ids import KeyField


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: object) -> Self:
        return self.filter(user=user, in_app=True)

    def current(self) -> Self:
        return self.filter(replaced_at__isnull=True)

    def unread(self) -> Self:
        return self.current().filter(read_at__isnull=True)


class Notification(models.Model):
    """One thing one person is told. An event tells each person once, however often it is delivered.

    A replaced one stays for a while, unseen: it remembers that its event has been told.
    """

    id = KeyField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=1000, blank=True, default="")
    data = models.JSONField(default=dict)
    event_id = models.UUIDField()
    collapse_key = models.CharField(max_length=120, blank=True, default="")
    in_app = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    objects: ClassVar = NotificationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "event_id", "kind"], name="notification_once"),
            models.UniqueConstraint(
                fields=["user", "collapse_key"],
                condition=Q(read_at__isnull=True, replaced_at__isnull=True) & ~Q(collapse_key=""),
                name="notification_collapsed",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notification_of_user"),
            models.Index(
                fields=["user"],
                condition=Q(read_at__isnull=True, replaced_at__isnull=True, in_app=True),
                name="notification_unread",
            ),
            models.Index(
                fields=["user", "collapse_key", "event_id"],
                condition=~Q(collapse_key=""),
                name="notification_collapsing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class NotificationSettings(models.Model):
    """Quiet hours: push and mail wait for their end unless they are urgent, the list in the app does not."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="notification_settings",
    )
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    time_zone = models.CharField(max_length=60, default="UTC")

    def __str__(self) -> str:
        return f"settings of {self.user_id}"


class NotificationPreference(models.Model):
    """Where a kind differs from its default; no row means the default."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences", db_index=False
    )
    kind = models.CharField(max_length=80)
    in_app = models.BooleanField()
    push = models.BooleanField()
    email = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kind"], name="notification_preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class Delivery(models.Model):
    """One telling on one way: to one device, or by e-mail. The row is the queue; `attempts` fences late answers."""

    class Channel(models.TextChoices):
        PUSH = "push"
        EMAIL = "email"

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        SKIPPED = "skipped"
        DEAD = "dead"

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=5, choices=Channel)
    device = models.ForeignKey(Device, null=True, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["device", "event_id"], condition=Q(channel="push"), name="delivery_push_once"
            ),
            models.UniqueConstraint(
                fields=["notification", "event_id"], condition=Q(channel="email"), name="delivery_email_once"
            ),
            models.CheckConstraint(
                condition=Q(channel="push", device__isnull=False) | Q(channel="email", device__isnull=True),
                name="delivery_has_its_way",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="delivery_due"),
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.channel} of {self.notification_id}"
