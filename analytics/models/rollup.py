"""What is kept of the raw events, day by day, and how far they are folded into it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Fold(models.Model):
    """One row: every event of a transaction older than `below` is in the roll-ups, and of no other.

    Transaction ids mean something in one cluster only, so it is named: docs/decisions/0019-rollups.md.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    below = models.BigIntegerField(default=0)
    cluster = models.CharField(max_length=40)
    raw_since: models.DateField[Any, Any] = models.DateField(null=True)  # days before may have lost raw events
    folded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="fold_is_one")]

    def __str__(self) -> str:
        return f"below {self.below}"


class DayCount(models.Model):
    """How many of a kind there were on a day (UTC), by key. `digest` stands for a key that may be long, or missing."""

    class Kind(models.TextChoices):
        EVENT = "event"  # by type
        CLICK = "click"  # by button
        ESCROW = "escrow"  # by step
        ESCROW_CANCELLED = "cancelled"  # by step
        USERS = "users"  # distinct ones: what of DayMember is new is counted here
        SESSIONS = "sessions"
        VIEWED = "viewed"  # quick views by listing
        QUICK_VIEW = "quick_view"  # the same by the category that the listing is counted in
        LISTING = "listing"  # of closed days, by category
        ORDER = "order"  # of closed days, by status
        ORDER_CENTS = "order_cents"  # the same in money

    pk = models.CompositePrimaryKey("kind", "day", "digest")
    kind = models.CharField(max_length=12)
    day = models.DateField()
    digest = models.BinaryField(max_length=32)
    key: models.TextField[Any, Any] = models.TextField(null=True)
    n = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.key} on {self.day}: {self.n}"


class DayMember(models.Model):
    """Who, or which session, was there on a day: what makes a distinct count exact however late an event comes."""

    pk = models.CompositePrimaryKey("kind", "day", "member")
    kind = models.CharField(max_length=12)
    day = models.DateField()
    member = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.member} on {self.day}"


class ViewedListing(models.Model):
    """In which category a listing's quick views are counted; null while no such listing is known."""

    listing_id = models.UUIDField(primary_key=True)
    category_id: models.UUIDField[Any, Any] = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"{self.listing_id} in {self.category_id}"


class MovedListing(models.Model):
    """Written by a trigger: its quick views may be counted in a category that is not its own any more."""

    id = models.BigAutoField(primary_key=True)
    listing_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.listing_id)


class Day(models.Model):
    """Of listings or orders. What was made on a closed one is counted in DayCount; a trigger opens it again."""

    class Of(models.TextChoices):
        LISTINGS = "listings"
        ORDERS = "orders"

    pk = models.CompositePrimaryKey("of", "day")
    of = models.CharField(max_length=8)
    day = models.DateField()
    is_closed = models.BooleanField()
    has_strays = models.BooleanField(default=False)  # rows whose key does not tell when they were made

    def __str__(self) -> str:
        return f"{self.of} of {self.day}"
