"""What a person cares about: favourites, searches worth repeating, things looked at."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from listings.models.listing import Listing
from listings.models.photo import Photo
from marketplace.common.ids import KeyField


class OfListingsQuerySet(models.QuerySet[Any]):
    """Rows that hang on a listing, and are shown together with it."""

    def seen_by(self, viewer: Any) -> Self:
        """What is hidden, removed or not offered any more disappears; what is sold stays."""
        return self.filter(listing__in=Listing.objects.visible_to(viewer))

    def with_listings(self) -> Self:
        photos = Photo.objects.order_by("position", "id")
        heavy = ("listing__search", "listing__plain_title")
        rows = self.select_related("listing").defer(*heavy)
        return rows.prefetch_related(models.Prefetch("listing__photos", photos))


class Favourite(models.Model):
    id = KeyField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites", db_index=False
    )
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="favourites", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = OfListingsQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "listing"], name="favourite_once")]
        indexes: ClassVar = [
            models.Index(fields=["listing", "id"], name="favourite_of_listing"),
            models.Index(fields=["user", "-id"], name="favourite_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.listing_id}"


class SavedSearch(models.Model):
    """`criteria` holds the filters of `GET /v1/listings` without its pages, under their names there."""

    id = KeyField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches", db_index=False
    )
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

    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="hits", db_index=False)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["search", "listing"], name="saved_search_hit_once")]

    def __str__(self) -> str:
        return f"{self.search_id} found {self.listing_id}"


class RecentView(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recent_views", db_index=False
    )
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = OfListingsQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "listing"], name="recent_view_once")]
        indexes: ClassVar = [models.Index(fields=["user", "-seen_at"], name="recent_view_of_user")]

    def __str__(self) -> str:
        return f"{self.user_id} saw {self.listing_id}"
