"""What a person cares about: favourites, searches worth repeating, things looked at."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from listings.models.listing import Listing
from marketplace.common.ids import KeyField


class Favourite(models.Model):
    id = KeyField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "listing"], name="favourite_once")]
        indexes: ClassVar = [models.Index(fields=["listing"], name="favourite_of_listing")]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.listing_id}"


class SavedSearch(models.Model):
    """`criteria` holds the filters of `GET /v1/listings` that make sense without a page."""

    id = KeyField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=80)
    criteria = models.JSONField()
    wants_alerts = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="saved_search_name_once")]
        verbose_name_plural = "saved searches"

    def __str__(self) -> str:
        return self.name


class SavedSearchHit(models.Model):
    """A listing that a saved search has found; it is told once."""

    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="hits")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["search", "listing"], name="saved_search_hit_once")]

    def __str__(self) -> str:
        return f"{self.search_id} found {self.listing_id}"


class RecentView(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recent_views")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "listing"], name="recent_view_once")]
        indexes: ClassVar = [models.Index(fields=["user", "-seen_at"], name="recent_view_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.listing_id}"
