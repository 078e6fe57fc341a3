"""Categories and brands on the wire."""

from __future__ import annotations

from typing import Any

from django.utils.text import slugify
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from listings.models import Brand, Category
from listings.serializers.listings import OptionalKeyField
from marketplace.common.validation import QueryShape, Shape


@extend_schema_field({"type": "string", "minLength": 2, "maxLength": 60})
class SlugField(serializers.CharField):
    """Apps derive it from what somebody typed, each in its own way; here it gets one spelling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_length": 2, "max_length": 60, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text) > 60:
            self.fail("max_length", max_length=60)
        slug = slugify(text)
        if len(slug) < 2:
            raise serializers.ValidationError("Use letters and digits", code="value_error")
        return slug


class CategoryBody(Shape):
    slug = SlugField()
    name = serializers.CharField(min_length=2, max_length=80)


class BrandBody(CategoryBody):
    category_id = OptionalKeyField(default=None)


class BrandQuery(QueryShape):
    category_id = serializers.UUIDField(required=False)


class CategoryOut(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ("id", "slug", "name", "parent_id")
        read_only_fields = fields


class BrandOut(serializers.ModelSerializer[Brand]):
    class Meta:
        model = Brand
        fields = ("id", "name", "slug", "category_id")
        read_only_fields = fields
