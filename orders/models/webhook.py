"""Who is told of orders by HTTP, and what they have still to be told: a row for each, as a queue."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from marketplace.common.ids import KeyField


class WebhookEndpoint(models.Model):
    id = KeyField()
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)  # of `services/webhooks/events.py`
    # Kept as it is, because every message is signed with it; shown to nobody after the day it was made
    secret = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """The row is the queue (`marketplace/common/queue.py`). `event_id` is the same for every endpoint and attempt."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        DEAD = "dead", "Dead"  # given up, until somebody replays it

    id = KeyField()
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.UUIDField()
    event = models.CharField(max_length=40)
    order_id = models.UUIDField()
    payload = models.JSONField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())  # empty once it is over
    give_up_at = models.DateTimeField()
    log = models.JSONField(default=list)  # its last attempts: when, what was answered, how long it took
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="webhook_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", due_at__isnull=False) | Q(state__in=("sent", "dead"), due_at__isnull=True),
                name="webhook_due_until_over",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="webhook_due"),
            models.Index(fields=["done_at"], name="webhook_done"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint_id}"
