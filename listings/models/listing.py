"""A thing on offer."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.gis.geos import Point
from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from listings.models.catalog import Brand, Category
from listings.querysets.listing import ListingQuerySet
from marketplace.common.ids import KeyField, NumberField

WGS84 = 4326
LARGEST_CENTS = 10**15  # JavaScript and Swift still count it exactly


class Listing(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        LIVE = "live", "Live"
        PAUSED = "paused", "Paused"
        SOLD = "sold", "Sold"
        ARCHIVED = "archived", "Archived"

    id = KeyField()
    number = NumberField(sequence="listings_listing_number")
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="listings", db_index=False
    )
    title = models.CharField(max_length=140)
    description = models.TextField(null=True, blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="listings", db_index=False)
    brand = models.ForeignKey(
        Brand, null=True, blank=True, on_delete=models.PROTECT, related_name="listings", db_index=False
    )
    price_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="COP")
    condition = models.CharField(max_length=40, null=True, blank=True)
    quantity = models.PositiveIntegerField(default=1)  # all pieces ever offered
    reserved = models.PositiveIntegerField(default=0)  # held by open orders
    sold = models.PositiveIntegerField(default=0)
    location = models.PointField(geography=True, srid=WGS84, null=True, blank=True, spatial_index=False)
    price_suggestion_used = models.BooleanField(default=False)
    quick_view_enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.LIVE)
    hidden_at = models.DateTimeField(null=True, blank=True)
    hidden_reason = models.CharField(max_length=500, blank=True, default="")
    removed_at = models.DateTimeField(null=True, blank=True)
    seller_is_active = models.BooleanField(default=True)  # follows the account, so that no list has to join it
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    is_active = models.GeneratedField(
        expression=models.ExpressionWrapper(
            Q(state="live", hidden_at__isnull=True, removed_at__isnull=True, seller_is_active=True),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # what the word and the place are to others: computed by the database, by functions of the first migration
    plain_title = models.GeneratedField(
        expression=Func("title", function="listings_plain"), output_field=models.TextField(), db_persist=True
    )
    shown_latitude = models.GeneratedField(
        expression=Func("location", function="listings_shown_latitude"),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    shown_longitude = models.GeneratedField(
        expression=Func("location", function="listings_shown_longitude"),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    search = SearchVectorField(null=True, editable=False)  # kept by a trigger: it also holds brand and category

    objects: ClassVar = ListingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("moderate_listing", "Can hide listings and see hidden ones")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(price_cents__gte=0), name="listing_price_not_negative"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("reserved") + F("sold")), name="listing_stock_not_oversold"
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="listing_currency_code"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], condition=Q(is_active=True), name="listing_newest"),
            models.Index(
                fields=["category", "-created_at", "-id"],
                condition=Q(is_active=True),
                name="listing_newest_in_category",
            ),
            models.Index(
                fields=["brand", "-created_at", "-id"], condition=Q(is_active=True), name="listing_newest_of_brand"
            ),
            models.Index(fields=["price_cents", "id"], condition=Q(is_active=True), name="listing_cheapest"),
            models.Index(fields=["seller", "-created_at", "-id"], name="listing_of_seller"),
            GistIndex(fields=["location"], condition=Q(is_active=True), name="listing_near"),
            GinIndex(fields=["search"], condition=Q(is_active=True), name="listing_words"),
            GinIndex(OpClass("plain_title", "gin_trgm_ops"), condition=Q(is_active=True), name="listing_trigrams"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def available(self) -> int:
        """What can still be bought: what every client shows as `quantity`."""
        return self.quantity - self.reserved - self.sold

    @property
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def etag(self) -> str:
        return f'"{self.version}"'

    def belongs_to(self, user: Any) -> bool:
        return bool(self.seller_id == getattr(user, "pk", None))

    def place_for(self, viewer: Any) -> tuple[float | None, float | None]:
        """Latitude and longitude: exact for the seller, to about 100 m for everybody else."""
        if self.location is None:
            return None, None
        if self.belongs_to(viewer):
            return self.location.y, self.location.x
        return self.shown_latitude, self.shown_longitude


class ListingPrice(models.Model):
    """Every price a listing has had."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="prices", db_index=False)
    price_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["listing", "-id"], name="listing_price_history")]

    def __str__(self) -> str:
        return f"{self.price_cents} {self.currency}"


def point(latitude: float, longitude: float) -> Point:
    return Point(longitude, latitude, srid=WGS84)
