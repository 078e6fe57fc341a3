"""What moderators look at."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from chat.models.message import Message
from listings.models.moderation import QueueEntry


class MessageReport(QueueEntry):
    """One per person and message. `excerpt` is what was said around it then: edits and deletes change nothing in it."""

    class Reason(models.TextChoices):
        SCAM = "scam", "Scam or fraud"
        ABUSE = "abuse", "Insults or harassment"
        SPAM = "spam", "Spam"
        OTHER = "other", "Something else"

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="reports", db_index=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="message_reports_made"
    )
    reason = models.CharField(max_length=8, choices=Reason)
    text = models.CharField(max_length=1000, blank=True, default="")
    excerpt = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "reporter"], name="message_report_once")]
        indexes: ClassVar = [models.Index(fields=["state", "created_at"], name="message_report_queue")]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.created_at:%Y-%m-%d}"
