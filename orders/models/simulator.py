"""The simulated provider's own books: kept apart from ours, as a real provider's would be."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from marketplace.common.ids import KeyField


class SimulatorRecord(models.Model):
    """One request that had an effect, or was refused, under its key."""

    class State(models.TextChoices):
        CREATED = "created", "Created"  # known by name, nothing done yet
        PENDING = "pending", "Pending"  # waits for the buyer
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    id = KeyField()
    key = models.CharField(max_length=80, unique=True)
    operation_id = models.CharField(max_length=40, blank=True, default="", db_index=True)
    order_id = models.CharField(max_length=40, db_index=True)  # their words for it; no reference to our rows
    kind = models.CharField(max_length=10)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    destination = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=10, choices=State)
    code = models.CharField(max_length=60, blank=True, default="")
    calls = models.PositiveIntegerField(default=1)  # how often it was asked for
    expires_at = models.DateTimeField(null=True, blank=True)  # of a hold
    let_go_at = models.DateTimeField(null=True, blank=True)  # of a hold
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class SimulatorFault(models.Model):
    """A misbehaviour that was ordered: for requests of a kind, or of one order, so many times."""

    class Fault(models.TextChoices):
        DECLINE = "decline"
        ACTION = "action"  # the buyer must confirm something first
        TIMEOUT_BEFORE = "timeout_before"  # nothing happens, no answer
        TIMEOUT_AFTER = "timeout_after"  # it happens, no answer
        ERROR_AFTER = "error_after"  # it happens, and the answer is a 500
        SLOW = "slow"
        WRONG_AMOUNT = "wrong_amount"
        LAPSED = "lapsed"  # a hold that has run out
        REFUSED = "refused"  # a refund or transfer the provider will not make
        PARTIAL_REFUSED = "partial_refused"  # a refund of less than everything
        LATE_SUCCESS = "late_success"  # the buyer's confirmation crosses the void on its way
        CHARGEBACK = "chargeback"  # the buyer's bank takes the money back, after it was paid out
        WEBHOOK_THRICE = "webhook_thrice"
        WEBHOOK_FIRST = "webhook_first"  # before the reply
        WEBHOOK_REVERSED = "webhook_reversed"  # the last that happened is told first

    fault = models.CharField(max_length=16, choices=Fault)
    kind = models.CharField(max_length=10, blank=True, default="")  # of every kind
    order_id = models.CharField(max_length=40, blank=True, default="")  # of every order
    times_left = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["order_id", "kind"], name="simulator_fault_for")]

    def __str__(self) -> str:
        return f"{self.fault} x {self.times_left}"


class SimulatorWebhook(models.Model):
    """A notification that was written with what it tells, and is sent by the sweep."""

    id = KeyField()  # the event's id: the same however often it is sent
    kind = models.CharField(max_length=30)
    operation_id = models.CharField(max_length=40)
    reference = models.CharField(max_length=80)
    order_id = models.CharField(max_length=40, db_index=True)
    times = models.PositiveSmallIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())  # empty once it was taken, or given up
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="simulator_webhook_due")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.operation_id}"


class SimulatorClock(models.Model):
    """The provider's idea of the time: so much ahead of ours. One row, or none."""

    ahead_seconds = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.ahead_seconds:+} s"
