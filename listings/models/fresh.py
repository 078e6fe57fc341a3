"""The newest of what is on offer, with their words: where searches for common words find their first pages."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from listings.models.listing import Listing


class Fresh(models.Model):
    """Kept by a trigger on listings, and short by the worker. docs/decisions/0016-fresh-words.md"""

    listing = models.OneToOneField(Listing, primary_key=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    price_cents = models.BigIntegerField()
    category_id = models.UUIDField()
    brand_id = models.UUIDField(null=True)
    condition = models.CharField(max_length=40, null=True)
    search = SearchVectorField(null=True)

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["search"], name="fresh_words", fastupdate=False)]

    def __str__(self) -> str:
        return str(self.pk)


class FreshSince(models.Model):
    """One row, or none: whatever is on offer and not older than this is among the fresh. None: everything is."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
