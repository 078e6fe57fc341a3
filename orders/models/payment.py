"""What is asked of the payment provider: one row for each request, written before it is made."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat, Now

from marketplace.common.ids import KeyField
from orders.models.order import Order


class Operation(models.Model):
    """The row is the queue (`marketplace/common/queue.py`): `due_at` is a lease, `attempts` fences a late worker."""

    class Kind(models.TextChoices):
        AUTHORIZE = "authorize", "Authorize"
        CAPTURE = "capture", "Capture"
        VOID = "void", "Void"
        REFUND = "refund", "Refund"
        TRANSFER = "transfer", "Transfer"

    class State(models.TextChoices):
        READY = "ready", "Ready"  # nobody has told the provider yet
        SENT = "sent", "Sent"  # somebody may have
        UNKNOWN = "unknown", "Unknown"  # somebody did, and the answer was lost
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    OPEN: ClassVar = (State.READY, State.SENT, State.UNKNOWN)
    # In `failure`, before what it was: the provider has done after all what it had called one. Then a refund was borne
    # by us, and a payment was let go of
    CAME_LATE: ClassVar = "succeeded late, after: "
    BORNE: ClassVar = "succeeded late and borne, after: "
    LET_GO: ClassVar = "succeeded late and let go of, after: "
    WITHDRAWN: ClassVar = "withdrawn"  # in `failure`: nobody has done it, and nobody will
    OUTSIDE: ClassVar = "outside"  # as `provider_ref`: of what somebody got in a way we did not ask for

    id = KeyField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="operations", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    seq = models.PositiveSmallIntegerField(default=1)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    provider = models.CharField(max_length=20)
    # the provider does nothing twice under one key, and no retry ever makes another
    key = models.GeneratedField(
        expression=Concat(
            Value("o"),
            Cast("order", models.TextField()),
            Value(":"),
            "kind",
            Value(":"),
            Cast("seq", models.TextField()),
            output_field=models.CharField(max_length=80),
        ),
        output_field=models.CharField(max_length=80),
        db_persist=True,
    )
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())  # empty once it is over
    provider_ref = models.CharField(max_length=120, blank=True, default="")
    client_ref = models.CharField(max_length=120, blank=True, default="")  # what an app called it
    failure = models.CharField(max_length=120, blank=True, default="")
    next_action = models.JSONField(null=True, blank=True)  # what the buyer must still do, as the provider has it
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "kind", "seq"], name="operation_once"),
            models.UniqueConstraint(
                fields=["order", "kind"], condition=Q(due_at__isnull=False), name="operation_one_open_of_a_kind"
            ),
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="operation_of_something"),
            models.CheckConstraint(
                condition=Q(state__in=("succeeded", "failed"), due_at__isnull=True)
                | Q(state__in=("ready", "sent", "unknown"), due_at__isnull=False),
                name="operation_due_until_over",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="operation_due"),
            models.Index(fields=["provider_ref"], condition=Q(provider_ref__gt=""), name="operation_by_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq} of {self.order_id}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def has_come_late(self) -> bool:
        """Called a failure, done after all, and nothing has been done about it yet."""
        return self.state == self.State.FAILED and self.failure.startswith(self.CAME_LATE)

    @property
    def waits_for_buyer(self) -> bool:
        """Only a payment does: what else is pending waits for the provider itself."""
        return self.is_open and self.kind == self.Kind.AUTHORIZE and self.next_action is not None


class Escrow(models.Model):
    """What `pay` answers with: its status follows from the order's state and is kept nowhere else."""

    id = KeyField()
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="escrow")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"Escrow of {self.order_id}"


class EscrowStep(models.Model):
    """What the apps report about the way through a purchase; read by analytics, moves no money."""

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=40)
    result = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.step}: {self.result}"
