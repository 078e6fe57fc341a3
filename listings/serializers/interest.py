"""Favourites, saved searches, things looked at and reports on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listings.models import ListingReport, SavedSearch
from listings.models.interest import Favourite, RecentView
from listings.models.listing import LARGEST_CENTS
from listings.serializers.listings import FiniteField, ListingOut, OptionalKeyField, PlaceField
from marketplace.common.validation import Shape

HALF_ROUND_THE_EARTH_KM = 20_038


class CriteriaBody(serializers.Serializer[Any]):
    """The filters of `GET /v1/listings`, without its pages; at least one of them."""

    q = serializers.CharField(max_length=200, required=False, allow_null=True, allow_blank=True)
    category_id = OptionalKeyField()
    brand_id = OptionalKeyField()
    min_price = serializers.IntegerField(min_value=0, max_value=LARGEST_CENTS, required=False, allow_null=True)
    max_price = serializers.IntegerField(min_value=0, max_value=LARGEST_CENTS, required=False, allow_null=True)
    condition = serializers.CharField(max_length=40, required=False, allow_null=True, allow_blank=True)
    seller_id = OptionalKeyField()
    near_lat = PlaceField(90, required=False, allow_null=True)
    near_lon = PlaceField(180, required=False, allow_null=True)
    radius_km = FiniteField(min_value=0, max_value=HALF_ROUND_THE_EARTH_KM, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in attrs.items() if value not in (None, "")}
        place = [name for name in ("near_lat", "near_lon", "radius_km") if name in given]
        if place and len(place) < 3:
            raise _problem("near_lat, near_lon and radius_km go together")
        if given.get("min_price", 0) > given.get("max_price", LARGEST_CENTS):
            raise _problem("min_price is above max_price")
        if not given:
            raise _problem("Name at least one thing to look for")
        return given


def _problem(text: str) -> serializers.ValidationError:
    return serializers.ValidationError(text, code="value_error")


class SavedSearchBody(Shape):
    name = serializers.CharField(min_length=1, max_length=80)
    criteria = CriteriaBody()
    wants_alerts = serializers.BooleanField(required=False)


class SavedSearchChanges(SavedSearchBody):
    """Any subset; `criteria` are replaced as a whole."""

    @classmethod
    def read(cls, data: Any, **kwargs: Any) -> dict[str, Any]:
        return super().read(data, **{"partial": True, **kwargs})


class ListingReportBody(Shape):
    reason = serializers.ChoiceField(choices=ListingReport.Reason.choices)
    text = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────


class FavouriteOut(ListingOut):
    favourited_at = serializers.DateTimeField(read_only=True)

    class Meta(ListingOut.Meta):
        fields: Any = (*ListingOut.Meta.fields, "favourited_at")
        read_only_fields: Any = fields


class FavouritesPage(serializers.Serializer[Any]):
    items = FavouriteOut(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_next = serializers.BooleanField()


class RecentOut(ListingOut):
    viewed_at = serializers.DateTimeField(read_only=True)

    class Meta(ListingOut.Meta):
        fields: Any = (*ListingOut.Meta.fields, "viewed_at")
        read_only_fields: Any = fields


class SavedSearchOut(serializers.ModelSerializer[SavedSearch]):
    criteria = CriteriaBody(read_only=True)

    class Meta:
        model = SavedSearch
        fields = ("id", "name", "criteria", "wants_alerts", "created_at")
        read_only_fields = fields

    def to_representation(self, search: SavedSearch) -> dict[str, Any]:
        """Only the filters that were given."""
        return {**super().to_representation(search), "criteria": search.criteria}


class ListingReportOut(serializers.ModelSerializer[ListingReport]):
    class Meta:
        model = ListingReport
        fields = ("id", "listing_id", "reason", "state", "created_at")
        read_only_fields = fields


def listing_of(row: Favourite | RecentView) -> Any:
    """The listing, with when it was marked or looked at."""
    listing: Any = row.listing
    if isinstance(row, Favourite):
        listing.favourited_at = row.created_at
    else:
        listing.viewed_at = row.seen_at
    return listing
