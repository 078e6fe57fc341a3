"""Between two people: blocks, and reports to the moderators."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from marketplace.common.ids import KeyField


class Block(models.Model):
    """`blocker` wants nothing from `blocked`: no look-up, no contact match, no messages."""

    blocker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_made", db_index=False
    )
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks_received")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_not_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class PersonReport(models.Model):
    """One per reporter and person while it is open; moderators work the queue in the admin."""

    class Reason(models.TextChoices):
        SCAM = "scam", "Scam or fraud"
        ABUSE = "abuse", "Insults or harassment"
        FAKE = "fake", "Pretends to be somebody else"
        SPAM = "spam", "Spam"
        OTHER = "other", "Something else"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        UPHELD = "upheld", "Upheld"
        DISMISSED = "dismissed", "Dismissed"

    id = KeyField()
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports_made")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reports_received")
    reason = models.CharField(max_length=8, choices=Reason)
    text = models.CharField(max_length=1000, blank=True, default="")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reporter", "person"], condition=Q(state="open"), name="person_report_once_open"
            ),
            models.CheckConstraint(condition=~Q(reporter=F("person")), name="person_report_not_oneself"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "created_at"], name="person_report_queue")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.created_at:%Y-%m-%d}"
