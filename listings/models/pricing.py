"""Price suggestions as they were given, so that a seller can look back at them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from listings.models.listing import Listing
from marketplace.common.ids import KeyField


class PriceSuggestion(models.Model):
    class Algorithm(models.TextChoices):
        LOCAL_MEDIAN = "local_median"
        PRIOR_ONLY = "prior_only"
        MIX = "prior+local_mix"
        MSRP = "msrp_heuristic"
        FALLBACK = "hardcoded_fallback"

    id = KeyField()
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="price_suggestions")
    suggested_price_cents = models.BigIntegerField()
    algorithm = models.CharField(max_length=20, choices=Algorithm)
    p25 = models.BigIntegerField()
    p50 = models.BigIntegerField()
    p75 = models.BigIntegerField()
    n = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["listing", "-id"], name="price_suggestion_of_listing")]

    def __str__(self) -> str:
        return f"{self.suggested_price_cents} by {self.algorithm}"
