"""Price suggestions as they were given, and the medians that stand in where there is little to compare with."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from listings.models.catalog import Brand, Category
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
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="price_suggestions", db_index=False)
    suggested_price_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="COP")
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


class PricePrior(models.Model):
    """What a category asks for, as of the last hour. No brand is all brands, no condition all conditions."""

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+", db_index=False)
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    condition = models.CharField(max_length=40, null=True, blank=True)
    currency = models.CharField(max_length=3)
    p25 = models.BigIntegerField()
    p50 = models.BigIntegerField()
    p75 = models.BigIntegerField()
    n = models.PositiveIntegerField()
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["category", "brand", "condition", "currency"],
                nulls_distinct=False,
                name="price_prior_once",
            ),
            models.CheckConstraint(
                condition=Q(p25__lte=models.F("p50"), p50__lte=models.F("p75")), name="price_prior_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.p50} {self.currency} in {self.category_id}"
