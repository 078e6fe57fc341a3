"""What PoliMarket sends: prices as numbers, people and products by number."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from listings.models.listing import LARGEST_CENTS
from marketplace.common.money import cents_from_amount
from marketplace.common.validation import QueryShape, Shape
from marketplace.contracts.polimarket.names import CATEGORIES, PAYMENTS, STATUSES

LARGEST_NUMBER = 2**63 - 1


@extend_schema_field({"type": "number", "minimum": 0, "maximum": LARGEST_CENTS // 100})
class PriceField(serializers.FloatField):
    """Currency units, as whole cents."""

    def to_internal_value(self, data: Any) -> int:
        amount = super().to_internal_value(data)
        if not math.isfinite(amount) or not 0 <= amount * 100 <= LARGEST_CENTS:
            self.fail("invalid")
        return cents_from_amount(str(data) if isinstance(data, str) else amount)


class PictureField(serializers.FileField):
    """An empty file of a form is none, and none is not enough."""

    def run_validation(self, data: Any = empty) -> Any:
        if data is empty or not data:
            raise serializers.ValidationError("Send a picture: JPEG, PNG or WebP", code="value_error")
        return super().run_validation(data)


class ProductForm(Shape):
    title = serializers.CharField(max_length=140)
    description = serializers.CharField(max_length=8_000, allow_blank=True, required=False, default="")
    price = PriceField()
    category = serializers.ChoiceField(choices=list(CATEGORIES), required=False, default="other")
    file = PictureField(help_text="A picture: JPEG, PNG or WebP")


class ProductChanges(Shape):
    """A `file` may come along; it changes nothing."""

    title = serializers.CharField(max_length=140, required=False)
    description = serializers.CharField(max_length=8_000, allow_blank=True, required=False)
    price = PriceField(required=False)
    category = serializers.ChoiceField(choices=list(CATEGORIES), required=False)


class WorkbookForm(Shape):
    file = serializers.FileField(help_text=".xlsx with title, description, price, category and image_url")


class StartBody(Shape):
    product_id = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)


class DeliveryBody(StartBody):
    faculty = serializers.CharField(max_length=40)
    building = serializers.CharField(max_length=80)
    classroom = serializers.CharField(max_length=80, required=False, allow_blank=True, allow_null=True)
    payment_method = serializers.ChoiceField(choices=list(PAYMENTS))


class StatusBody(Shape):
    status = serializers.ChoiceField(choices=[status for status in STATUSES if status != "pending"])


class CodeBody(Shape):
    secret_code = serializers.CharField(max_length=500)


class SliceQuery(QueryShape):
    """These clients never ask for a second page; who does, gets it."""

    limit = serializers.IntegerField(min_value=1, max_value=1_000, default=500)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)


class SellerOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    profile_image = serializers.CharField(allow_null=True)


class ProductOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    description = serializers.CharField()
    price = serializers.FloatField()
    category = serializers.ChoiceField(choices=list(CATEGORIES))
    image_url = serializers.CharField(allow_null=True)
    seller_id = serializers.IntegerField()
    seller = SellerOut()
    created_at = serializers.DateTimeField()


class ThingOut(serializers.Serializer[Any]):
    """A product inside of something else."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    price = serializers.FloatField()
    image_url = serializers.CharField(allow_null=True)


class RemovedOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["deleted"])
    product_id = serializers.IntegerField()


class ToggledOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["added", "removed"])


class ImportedOut(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    title = serializers.CharField()


class ImportOut(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    products_created = serializers.IntegerField()
    products_details = ImportedOut(many=True)
    errors = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # a field, by that name
    total_rows = serializers.IntegerField()


class StartedOut(serializers.Serializer[Any]):
    chat_id = serializers.IntegerField()


class ConfirmedOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["confirmed"])


class DealOut(serializers.Serializer[Any]):
    """`seller` is the other party: the seller, or the courier who brings it."""

    id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    buyer_id = serializers.IntegerField()
    seller_id = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    payment_confirmed = serializers.BooleanField()
    product = ThingOut()
    buyer = SellerOut()
    seller = SellerOut()


class LineOut(serializers.Serializer[Any]):
    """`author_id` is null where the product itself speaks."""

    id = serializers.IntegerField()
    chat_id = serializers.IntegerField()
    author_id = serializers.IntegerField(allow_null=True)
    author_name = serializers.CharField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class AskedOut(serializers.Serializer[Any]):
    order_id = serializers.IntegerField()
    fee = serializers.FloatField()


class UpdatedOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["updated"])


class TradeOut(serializers.Serializer[Any]):
    """An order; what concerns its delivery is null where nobody brings it."""

    id = serializers.IntegerField()
    buyer_id = serializers.IntegerField()
    seller_id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    product = ThingOut()
    faculty = serializers.CharField(allow_null=True)
    building = serializers.CharField(allow_null=True)
    classroom = serializers.CharField(allow_null=True)
    payment_method = serializers.ChoiceField(choices=list(PAYMENTS), allow_null=True)
    delivery_person_id = serializers.IntegerField(allow_null=True)
    delivery_fee = serializers.FloatField()
    total_amount = serializers.FloatField()
    status = serializers.ChoiceField(choices=list(STATUSES))
    created_at = serializers.DateTimeField()
