"""Listings as querysets: the reference that the fast statements are compared with, row by row."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.contrib.gis.db.models import PointField
from django.contrib.gis.geos import Point
from django.contrib.gis.measure import D
from django.contrib.postgres.search import SearchRank
from django.db import models
from django.db.models import Q, Value

from listings.querysets.expressions import Alike, Apart, Plain, Words

SHOWN_STATES = ("live", "sold")  # a sold one stays to be looked at, by who has its address


class ListingQuerySet(models.QuerySet[Any]):
    def on_offer(self) -> Self:
        """What lists and searches show to everybody."""
        return self.filter(is_active=True)

    def not_removed(self) -> Self:
        return self.filter(removed_at__isnull=True)

    def of(self, seller: Any) -> Self:
        return self.filter(seller=seller).not_removed()

    def visible_to(self, viewer: Any) -> Self:
        """By its address: what is on offer or sold, one's own, and for moderators everything that is not removed."""
        rows = self.not_removed()
        if viewer.has_perm("listings.moderate_listing"):
            return rows
        public = Q(state__in=SHOWN_STATES, hidden_at__isnull=True, seller_is_active=True)
        return rows.filter(public | Q(seller=viewer.pk)) if viewer.pk else rows.filter(public)

    def in_category(self, category_ids: list[UUID]) -> Self:
        return self.filter(category__in=category_ids)

    def saying(self, text: str) -> Self:
        """Words of title, brand, category and description, in Spanish or English; the last may be unfinished."""
        return self.filter(search__matches=Words(Value(text)))

    def resembling(self, text: str) -> Self:
        """Titles that hold the text, or something spelled much like it."""
        plain = Plain(Value(text))
        return self.filter(Q(plain_title__trigram_word_similar=plain) | Q(plain_title__contains=plain))

    def priced(self, *, least: int | None = None, most: int | None = None) -> Self:
        rows = self if least is None else self.filter(price_cents__gte=least)
        return rows if most is None else rows.filter(price_cents__lte=most)

    def near(self, point: Point, *, within_metres: float) -> Self:
        """On the sphere's surface: right at the poles and across the date line. Nearest first.

        The wider `dwithin` is what the index understands; it measures on the spheroid, up to 0.6 % differently.
        """
        return (
            self.filter(location__dwithin=(point, D(m=within_metres * 1.01 + 1)))
            .annotate(distance=Apart("location", Value(point, PointField(geography=True))))
            .filter(distance__lte=within_metres)
            .order_by("distance", "-created_at", "-id")
        )

    def with_photos(self) -> Self:
        """In their order, the cover first."""
        photos = self.model._meta.get_field("photos").related_model
        return self.prefetch_related(models.Prefetch("photos", photos.objects.order_by("position", "id")))

    def best_first(self, text: str) -> Self:
        rank = SearchRank("search", Words(Value(text)))
        return self.annotate(rank=rank).order_by("-rank", "-created_at", "-id")

    def most_alike_first(self, text: str) -> Self:
        return self.annotate(alike=Alike(Plain(Value(text)), "plain_title")).order_by("-alike", "-created_at", "-id")

    def newest(self) -> Self:
        return self.order_by("-created_at", "-id")
