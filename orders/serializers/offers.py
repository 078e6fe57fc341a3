"""Offers on the wire."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from listings.models.listing import LARGEST_CENTS
from marketplace.common.paging import CursorQuery
from marketplace.common.validation import Shape
from orders.models import Offer
from orders.models.dispute import RAISERS


class OfferBody(Shape):
    price_cents = serializers.IntegerField(min_value=0, max_value=LARGEST_CENTS, help_text="Of one piece")
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)


class OffersQuery(CursorQuery):
    role = serializers.ChoiceField(choices=RAISERS, required=False)


class OfferOut(serializers.ModelSerializer[Offer]):
    """`expires_at`: until when it can be answered; once accepted, until when it can be ordered at."""

    listing_id = serializers.UUIDField()
    buyer_id = serializers.UUIDField()
    seller_id = serializers.UUIDField()
    parent_id = serializers.UUIDField(allow_null=True)
    order_id = serializers.UUIDField(allow_null=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Offer
        fields = (
            *("id", "listing_id", "buyer_id", "seller_id", "made_by", "price_cents", "quantity", "currency", "state"),
            *("parent_id", "order_id", "expires_at", "created_at", "updated_at"),
        )
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=Offer.State.choices))
    def get_state(self, offer: Any) -> str:
        return str(offer.shown_state)  # by `OfferQuerySet.shown`


@extend_schema_serializer(many=False)
class OffersPage(serializers.Serializer[Any]):
    items = OfferOut(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_next = serializers.BooleanField()
