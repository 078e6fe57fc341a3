"""What may be asked of the listings, and the envelope of what is found."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from listings.models.listing import LARGEST_CENTS
from listings.search.criteria import Circle, Criteria, Sort
from listings.search.finding import Window
from listings.serializers.listings import ListingOut, PlaceField
from marketplace.common.validation import QueryShape

DEFAULT_RADIUS_KM = 5.0
LARGEST_RADIUS_KM = 20_038  # halfway round the earth
DEEPEST_ROW = 10_000  # further down one goes by cursor


class WordsField(serializers.CharField):
    """What was not UTF-8 arrives as U+FFFD."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if "\ufffd" in text:
            raise serializers.ValidationError("Input should be UTF-8 text", code="value_error")
        return text


class SearchQuery(QueryShape):
    """An empty value is no value; unknown names are ignored."""

    q = WordsField(required=False, max_length=200, help_text="Words of title, brand, category and description")
    category_id = serializers.UUIDField(required=False, help_text="With everything below it")
    brand_id = serializers.UUIDField(required=False)
    min_price = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_CENTS, help_text="Cents")
    max_price = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST_CENTS, help_text="Cents")
    condition = serializers.CharField(required=False, max_length=40)
    seller_id = serializers.UUIDField(required=False)
    mine = serializers.BooleanField(required=False, default=False, help_text="One's own, in every state")
    near_lat = PlaceField(90, required=False)
    near_lon = PlaceField(180, required=False)
    radius_km = serializers.FloatField(
        required=False,
        min_value=0,
        max_value=LARGEST_RADIUS_KM,
        help_text=f"Around near_lat and near_lon; {DEFAULT_RADIUS_KM:g} when it is not given",
    )
    sort = serializers.ChoiceField(
        choices=[order.value for order in Sort],
        required=False,
        help_text="Nearest first around a place and newest first otherwise, unless this says another",
    )
    page = serializers.IntegerField(required=False, default=1, min_value=1, max_value=DEEPEST_ROW)
    page_size = serializers.IntegerField(required=False, default=20, min_value=1, max_value=200)
    cursor = serializers.CharField(
        required=False, max_length=400, help_text="`next_cursor` of the page before, instead of `page`"
    )
    facets = serializers.BooleanField(required=False, default=False, help_text="Also count by category and so on")

    @classmethod
    def read(cls, data: Any, **kwargs: Any) -> dict[str, Any]:
        given = {name: value for name, value in data.items() if value != ""}
        try:
            return _checked(given)
        except serializers.ValidationError:
            return super().read(given, **kwargs)  # says what does not fit

    def validate_radius_km(self, radius: float) -> float:
        if radius != radius:  # noqa: PLR0124  (NaN)
            raise serializers.ValidationError("Input should be a finite number", code="value_error")
        return radius

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for one, other in (("near_lat", "near_lon"), ("near_lon", "near_lat")):
            if one in attrs and other not in attrs:
                raise serializers.ValidationError({other: "near_lat and near_lon go together"}, code="value_error")
        if attrs.get("sort") == Sort.NEAREST and "near_lat" not in attrs:
            raise serializers.ValidationError({"sort": "nearest needs near_lat and near_lon"}, code="value_error")
        if "cursor" in attrs and "q" in attrs and attrs.get("sort") == Sort.BEST:  # without words: the newest
            raise serializers.ValidationError({"cursor": "sort=best goes by page"}, code="value_error")
        if "cursor" not in attrs and attrs["page"] * attrs["page_size"] > max(DEEPEST_ROW, attrs["page_size"]):
            raise serializers.ValidationError({"page": "Go further down with next_cursor"}, code="value_error")
        return attrs


@cache
def _checker() -> SearchQuery:
    """One for all requests: a serializer copies all its fields when it is made, and keeps nothing when it checks."""
    return SearchQuery()


@cache
def _defaults() -> dict[str, Any]:
    fields = _checker().fields.items()
    return {name: field.default for name, field in fields if field.default is not serializers.empty}


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `run_validation` does, for the two or three fields that are given rather than for all sixteen."""
    checker, checked = _checker(), dict(_defaults())
    for name, value in given.items():
        if (field := checker.fields.get(name)) is not None:
            checked[name] = field.run_validation(value)
    if "radius_km" in checked:
        checker.validate_radius_km(checked["radius_km"])
    return checker.validate(checked)


CRITERIA = ("q", "category_id", "brand_id", "min_price", "max_price", "condition", "seller_id", "mine")


def criteria_of(query: Mapping[str, Any]) -> Criteria:
    near = None
    if "near_lat" in query:
        near = Circle(query["near_lat"], query["near_lon"], query.get("radius_km", DEFAULT_RADIUS_KM))
    given = {name: query[name] for name in CRITERIA if name in query}
    return Criteria(**given, near=near, sort=Sort(query["sort"]) if "sort" in query else None)


def window_of(query: Mapping[str, Any]) -> Window:
    return Window(page=query["page"], size=query["page_size"], cursor=query.get("cursor"))


# ── Out: for the schema; PostgreSQL writes the JSON itself ───────────────────────────────────────


class FoundListing(ListingOut):
    distance_m = serializers.IntegerField(
        required=False, help_text="Around a place only: metres, to the nearest hundred"
    )

    class Meta(ListingOut.Meta):
        fields = (*ListingOut.Meta.fields, "distance_m")  # type: ignore[assignment]


class NamedCount(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class ConditionCount(serializers.Serializer[Any]):
    condition = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()


class PriceBand(serializers.Serializer[Any]):
    min_price = serializers.IntegerField()
    max_price = serializers.IntegerField(allow_null=True, help_text="Still inside the band; null has no end")
    count = serializers.IntegerField()


class Facets(serializers.Serializer[Any]):
    categories = NamedCount(many=True)
    brands = NamedCount(many=True)
    conditions = ConditionCount(many=True)
    prices = PriceBand(many=True)
    is_exact = serializers.BooleanField(help_text="False when more matched than were counted")


@extend_schema_serializer(many=False)
class ListingPage(serializers.Serializer[Any]):
    items = FoundListing(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    has_next = serializers.BooleanField(help_text="Always exact")
    total_is_exact = serializers.BooleanField(help_text="An exact total up to a thousand, an estimate above")
    next_cursor = serializers.CharField(allow_null=True)
    facets = Facets(required=False, help_text="With facets=true")


class SuggestQuery(QueryShape):
    q = WordsField(max_length=80)


class Suggestion(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["title", "category", "brand"])
    text = serializers.CharField()
    id = serializers.UUIDField(allow_null=True, help_text="Of the category or brand")


class PriceOut(serializers.Serializer[Any]):
    price_cents = serializers.IntegerField()
    currency = serializers.CharField()
    at = serializers.DateTimeField()
