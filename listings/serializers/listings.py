"""A listing on the wire: what may come in, and the plain way out that the fast one is compared with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from listings.models import Listing, Photo
from listings.models.listing import LARGEST_CENTS, point
from listings.models.photo import SIZES
from marketplace.common.storage import get_store
from marketplace.common.validation import Shape

STATES_TO_CHOOSE = [(state.value, state.label) for state in Listing.State]


class FiniteField(serializers.FloatField):
    """Neither infinite nor "not a number"."""

    def to_internal_value(self, data: Any) -> float:
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class PlaceField(FiniteField):
    """Degrees."""

    def __init__(self, limit: int, **kwargs: Any) -> None:
        super().__init__(min_value=-limit, max_value=limit, **kwargs)


class PlaceBody(serializers.Serializer[Any]):
    latitude = PlaceField(90)
    longitude = PlaceField(180)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both, also where the rest of the body is a subset."""
        missing = {name: "Field required" for name in ("latitude", "longitude") if name not in attrs}
        if missing:
            raise serializers.ValidationError(missing, code="required")
        return attrs


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z]{3}$"})
class CurrencyField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data).upper()
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise serializers.ValidationError("String should be a three-letter currency code", code="value_error")
        return code


UUID_OR_NOTHING = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$"


@extend_schema_field(
    {"type": "string", "pattern": UUID_OR_NOTHING, "nullable": True, "description": "A UUID; empty is none"}
)
class OptionalKeyField(serializers.UUIDField):
    """One app sends an empty string for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(None if data == "" else data)


class ListingFacts(Shape):
    """Fields shared by POST and PATCH; a place comes flat or nested, and nested wins."""

    title = serializers.CharField(min_length=2, max_length=140)
    description = serializers.CharField(max_length=20_000, required=False, allow_null=True, allow_blank=True)
    category_id = serializers.UUIDField()
    brand_id = OptionalKeyField()
    price_cents = serializers.IntegerField(min_value=0, max_value=LARGEST_CENTS)
    currency = CurrencyField(required=False)
    condition = serializers.CharField(max_length=40, required=False, allow_null=True, allow_blank=True)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    location = PlaceBody(required=False, allow_null=True)
    latitude = PlaceField(90, required=False, allow_null=True)
    longitude = PlaceField(180, required=False, allow_null=True)
    price_suggestion_used = serializers.BooleanField(required=False)
    quick_view_enabled = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    state = serializers.ChoiceField(choices=STATES_TO_CHOOSE, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        flat = {name: attrs.pop(name) for name in ("latitude", "longitude") if name in attrs}
        if "location" in attrs:
            place: Mapping[str, float] | None = attrs["location"]
            attrs["location"] = point(**place) if place else None
        elif flat:
            attrs["location"] = self._from_flat(flat)
        return attrs

    def _from_flat(self, flat: Mapping[Any, Any]) -> Any:
        given = [name for name in ("latitude", "longitude") if flat.get(name) is not None]
        if len(given) == 1:
            missing = "longitude" if given == ["latitude"] else "latitude"
            raise serializers.ValidationError({missing: "latitude and longitude go together"}, code="value_error")
        return point(flat["latitude"], flat["longitude"]) if given else None


class ListingBody(ListingFacts):
    pass


class ListingChanges(ListingFacts):
    """Any subset."""

    @classmethod
    def read(cls, data: Any, **kwargs: Any) -> dict[str, Any]:
        return super().read(data, **{"partial": True, **kwargs})


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────


class PhotoOut(serializers.ModelSerializer[Photo]):
    image_url = serializers.SerializerMethodField()
    thumbnails = serializers.SerializerMethodField()
    colour = serializers.SerializerMethodField()

    class Meta:
        model = Photo
        fields = (
            *("id", "listing_id", "storage_key", "image_url", "width", "height", "created_at"),
            *("thumbnails", "colour", "state", "position"),
        )
        read_only_fields = fields

    def get_image_url(self, photo: Photo) -> str | None:
        return get_store().public_url(photo.storage_key) if photo.state == Photo.State.READY else None

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_thumbnails(self, photo: Photo) -> dict[str, str]:
        if photo.state != Photo.State.READY:
            return {}
        return {str(pixels): get_store().public_url(photo.version_key(pixels)) for pixels in SIZES}

    def get_colour(self, photo: Photo) -> str | None:
        return photo.colour or None


class ListingOut(serializers.ModelSerializer[Listing]):
    """`context["viewer"]` decides how exact the place is."""

    quantity = serializers.IntegerField(source="available", read_only=True)
    latitude = serializers.SerializerMethodField()
    longitude = serializers.SerializerMethodField()
    photos = PhotoOut(many=True, read_only=True)
    is_active = serializers.BooleanField(read_only=True)

    class Meta:
        model = Listing
        fields = (
            *("id", "seller_id", "title", "description", "category_id", "brand_id", "price_cents", "currency"),
            *("condition", "quantity", "is_active", "latitude", "longitude", "price_suggestion_used"),
            *("quick_view_enabled", "created_at", "updated_at", "photos", "state", "version"),
        )
        read_only_fields = fields

    def get_latitude(self, listing: Listing) -> float | None:
        return listing.place_for(self.context["viewer"])[0]

    def get_longitude(self, listing: Listing) -> float | None:
        return listing.place_for(self.context["viewer"])[1]
