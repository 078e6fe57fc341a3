"""What the two say when they do not agree. That it is open, and how it ended, the order says."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from marketplace.common.ids import KeyField
from orders.lifecycle import AMICABLE, Party, State
from orders.models.order import Order, OrderEvent
from orders.querysets.dispute import DisputeQuerySet

RAISERS = [(party.value, party.label) for party in (Party.BUYER, Party.SELLER)]
WORD = "dispute_status"  # among the facts of the step that ended it: what a party called that end


class Dispute(models.Model):
    """Open for as long as its order is DISPUTED. An order leaves that state once, so it has one at most."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"
        REJECTED = "rejected", "Rejected"

    id = KeyField()
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="dispute")
    raised_by = models.CharField(max_length=6, choices=RAISERS)
    reason = models.TextField(blank=True, default="")
    buyer_proposal_cents = models.BigIntegerField(null=True, blank=True)  # what the seller should get, says the buyer
    seller_proposal_cents = models.BigIntegerField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)  # since when an operator must look
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = DisputeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(raised_by__in=("buyer", "seller")), name="dispute_raised_by_a_party"),
        ]

    def __str__(self) -> str:
        return f"Dispute of {self.order_id}"

    @property
    def is_open(self) -> bool:
        return bool(self.order.state == State.DISPUTED)

    @cached_property
    def closing(self) -> OrderEvent | None:
        """The step that ended it."""
        if self.is_open:
            return None
        steps = self.order.events.filter(from_state=State.DISPUTED)
        found: OrderEvent | None = steps.exclude(to_state=State.DISPUTED).first()
        return found

    @property
    def status(self) -> Dispute.Status:
        """What the two settle is resolved, unless they call it rejected; what is decided for them is rejected if
        whoever raised it got nothing."""
        closing = self.closing
        if closing is None:
            return self.Status.OPEN
        if WORD in closing.facts:
            return self.Status(closing.facts[WORD])
        if closing.step in AMICABLE or not self._raiser_got_nothing():
            return self.Status.RESOLVED
        return self.Status.REJECTED

    def _raiser_got_nothing(self) -> bool:
        if self.raised_by == Party.SELLER:
            return not self.order.is_sale
        return bool(self.order.is_sale) and self.order.release_cents == self.order.total_cents


class DisputeStatement(models.Model):
    """Append-only: what was said stays said."""

    id = KeyField()
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="statements", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    party = models.CharField(max_length=8, choices=Party)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["dispute", "id"], name="dispute_statement_in_order")]

    def __str__(self) -> str:
        return f"{self.party}: {self.text[:40]}"


class DisputeEvidence(models.Model):
    """A file, as it was when it was handed in: the hash proves that it still is. Append-only as well."""

    id = KeyField()
    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="evidence", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    party = models.CharField(max_length=8, choices=Party)
    storage_key = models.CharField(max_length=300, unique=True)
    name = models.CharField(max_length=255, blank=True, default="")
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "dispute evidence"
        indexes: ClassVar = [models.Index(fields=["dispute", "id"], name="dispute_evidence_in_order")]

    def __str__(self) -> str:
        return self.storage_key
