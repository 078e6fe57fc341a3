"""The simulated provider's own books: kept apart from ours, as a real provider's would be."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from marketplace.common.ids import KeyField


class SimulatorRecord(models.Model):
    """One request that had an effect, or was refused, under its key."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"  # waits for the buyer
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    id = KeyField()
    key = models.CharField(max_length=80, unique=True)
    order_id = models.CharField(max_length=40, db_index=True)  # their words for it; no reference to our rows
    kind = models.CharField(max_length=10)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    destination = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=10, choices=State)
    code = models.CharField(max_length=60, blank=True, default="")
    calls = models.PositiveIntegerField(default=1)  # how often it was asked for
    expires_at = models.DateTimeField(null=True, blank=True)  # of a hold
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

    fault = models.CharField(max_length=16, choices=Fault)
    kind = models.CharField(max_length=10, blank=True, default="")  # of every kind
    order_id = models.CharField(max_length=40, blank=True, default="")  # of every order
    times_left = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["order_id", "kind"], name="simulator_fault_for")]

    def __str__(self) -> str:
        return f"{self.fault} x {self.times_left}"
