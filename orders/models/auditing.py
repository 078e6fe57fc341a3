"""What was found each time that ledger, orders and provider were compared."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class MoneyAudit(models.Model):
    began_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)
    is_ok = models.BooleanField()
    orders = models.PositiveIntegerField()  # how many were looked at
    differences = models.PositiveIntegerField()
    quarantined = models.PositiveIntegerField(default=0)
    table = models.JSONField(default=list)  # a row for each question: its name and how many differ
    findings = models.JSONField(default=list)  # the first of them: question, order, what differs

    def __str__(self) -> str:
        return f"Audit of {self.began_at:%Y-%m-%d %H:%M}"
