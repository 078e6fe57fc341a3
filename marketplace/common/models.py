"""Rows that every app shares: events on their way, answers already given, who did what."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from marketplace.common.ids import KeyField


class OutboxEvent(models.Model):
    """Something that happened, written in the same transaction as the change itself."""

    id = KeyField()
    kind = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())
    is_handed_out = models.BooleanField(db_default=False)  # each listener has its delivery

    class Meta:
        indexes: ClassVar = [
            BrinIndex(fields=["created_at"], name="outbox_event_created_brin"),
            models.Index(fields=["id"], condition=models.Q(is_handed_out=False), name="outbox_event_to_hand_out"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class OutboxDelivery(models.Model):
    """One event for one listener: delivered at least once, its effect committed exactly once."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    listener = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "listener"], name="outbox_delivery_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="outbox_delivery_due"),
        ]
        verbose_name_plural = "outbox deliveries"

    def __str__(self) -> str:
        return f"{self.listener} of {self.event_id}"


class IdempotencyRecord(models.Model):
    """The answer to a request that may be sent again: stored in the same transaction as its effect."""

    caller = models.CharField(max_length=64)
    route = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["caller", "route", "key"], name="idempotency_record_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotency_record_age")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"


class AuditEntry(models.Model):
    """Who did what to whom, and why. Append-only: the database refuses to change or delete one."""

    id = KeyField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=True
    )
    action = models.CharField(max_length=80)
    target_type = models.CharField(max_length=40)
    target_id = models.CharField(max_length=40)
    reason = models.TextField(blank=True, default="")
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["target_type", "target_id", "-at"], name="audit_entry_of")]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"
