"""One row per thing that happened: written once in batches, never changed, dropped by whole days."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from marketplace.common.ids import KeyField


class Event(models.Model):
    """A table in day partitions of `received_at`, without foreign keys: what it names may be gone or never have been.

    `transaction` is the id of the transaction that wrote the row. Rows of one that is older than every running one are
    complete, so a roll-up that goes by it misses nothing, whatever order the transactions ended in.
    """

    id = KeyField()
    event_type = models.CharField(max_length=80)
    session_id = models.CharField(max_length=64)
    user_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)
    listing_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)
    order_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)
    chat_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)
    step = models.CharField(max_length=40, null=True)  # a client that names none sends null
    properties: models.JSONField[Any, Any] = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()  # by the client's clock, within bounds
    is_clamped = models.BooleanField(default=False)  # the client's clock was out of bounds
    received_at = models.DateTimeField()  # by ours; decides the partition
    transaction = models.BigIntegerField()

    class Meta:
        indexes = (
            # all of a batch has one value, so its entries share one; what is fresh is found exactly, in any partition
            models.Index(fields=["transaction"], name="event_transaction"),
            BrinIndex(fields=["occurred_at"], name="event_occurred_brin", autosummarize=True),
            models.Index(
                fields=["listing_id", "occurred_at"],
                include=["user_id"],
                condition=Q(event_type="listing.viewed", user_id__isnull=False),
                name="event_listing_looks",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_type} of {self.session_id}"
