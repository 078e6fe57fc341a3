"""Double entry: every cent that moves leaves one account and arrives in another. PostgreSQL refuses anything else."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from orders.models.order import Order


class Account(models.Model):
    """`balance` is kept by a trigger, and only where few write: accounts that everybody shares are summed."""

    code = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    keeps_balance = models.BooleanField(default=True)
    may_be_negative = models.BooleanField(default=False)
    balance = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "currency"], name="account_once"),
            models.CheckConstraint(condition=Q(may_be_negative=True) | Q(balance__gte=0), name="account_not_overdrawn"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"


class LedgerTransaction(models.Model):
    """`source` names what caused it, so that the same cause is booked once."""

    source = models.CharField(max_length=120, unique=True)
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="bookings")
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.source


class Posting(models.Model):
    """Credit is positive, debit negative; those of one transaction add up to nothing in each currency."""

    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(amount=0), name="posting_of_something")]

    def __str__(self) -> str:
        return f"{self.amount:+}"
