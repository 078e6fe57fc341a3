"""What moderators look at: reports by people, and flags raised by the product itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from listings.models.listing import Listing
from marketplace.common.ids import KeyField


class QueueQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(state=QueueEntry.State.OPEN)


class ReportQuerySet(QueueQuerySet):
    def that_count(self, *, accounts_since: datetime) -> Self:
        """Open reports by people who have been here for a while and still are: new accounts come by the dozen."""
        return self.open().filter(reporter__is_active=True, reporter__created_at__lte=accounts_since)


class QueueEntry(models.Model):
    class State(models.TextChoices):
        OPEN = "open", "Open"
        UPHELD = "upheld", "Upheld"
        DISMISSED = "dismissed", "Dismissed"

    id = KeyField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = QueueQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class ListingReport(QueueEntry):
    """One per person and listing, for good: many reports must mean many people."""

    class Reason(models.TextChoices):
        SCAM = "scam", "Scam or fraud"
        FORBIDDEN = "forbidden", "Must not be sold"
        WRONG = "wrong", "Wrong category or description"
        STOLEN = "stolen", "Stolen goods or pictures"
        SPAM = "spam", "Spam or a duplicate"
        OTHER = "other", "Something else"

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="reports", db_index=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="listing_reports_made"
    )
    reason = models.CharField(max_length=10, choices=Reason)
    text = models.CharField(max_length=1000, blank=True, default="")

    objects: ClassVar = ReportQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["listing", "reporter"], name="listing_report_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "created_at"], name="listing_report_queue")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.created_at:%Y-%m-%d}"


class ListingFlag(QueueEntry):
    """Raised by the product: a picture that is another seller's, a listing hidden by many reports."""

    class Kind(models.TextChoices):
        PICTURE = "picture", "Picture of another seller"
        REPORTED = "reported", "Hidden by reports"

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="flags")
    kind = models.CharField(max_length=10, choices=Kind)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "kind"], condition=Q(state="open"), name="listing_flag_once_open"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "created_at"], name="listing_flag_queue")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.created_at:%Y-%m-%d}"
