"""Deltas on the wire. The items are those of other doors; where those have no number of their own, one is added."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from accounts.notification_shapes import NotificationOut
from chat.serializers.messages import MessageOut
from chat.serializers.rooms import RoomOut
from listings.serializers.catalogs import BrandOut, CategoryOut
from listings.serializers.listings import ListingOut
from marketplace.common.validation import QueryShape
from orders.serializers.orders import OrderOut
from orders.serializers.reviews import ReviewOut

PUBLIC = ("categories", "brands", "listings")
PRIVATE = ("favourites", "notifications", "orders", "reviews", "chats", "messages")


class DeltaQuery(QueryShape):
    cursor = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, help_text="Of the last answer; without one, everything"
    )
    since = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Instead of a cursor, for simple clients: the `server_time` of the last answer",
    )
    limit = serializers.IntegerField(required=False, default=200, min_value=1, max_value=1_000)


class VersionedShape(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="Grows with each change; ignore one that is lower than what you have")


class CategoryChange(CategoryOut):
    version = serializers.IntegerField()

    class Meta(CategoryOut.Meta):
        fields = (*CategoryOut.Meta.fields, "version")  # type: ignore[assignment]


class BrandChange(BrandOut):
    version = serializers.IntegerField()

    class Meta(BrandOut.Meta):
        fields = (*BrandOut.Meta.fields, "version")  # type: ignore[assignment]


class ReviewChange(ReviewOut):
    version = serializers.IntegerField()

    class Meta(ReviewOut.Meta):
        fields = (*ReviewOut.Meta.fields, "version")  # type: ignore[assignment]


class NotificationChange(NotificationOut):
    version = serializers.IntegerField()

    class Meta(NotificationOut.Meta):
        fields = (*NotificationOut.Meta.fields, "version")  # type: ignore[assignment]


class ChatChange(RoomOut, VersionedShape):
    pass


class MessageChange(MessageOut, VersionedShape):
    pass


class FavouriteChange(VersionedShape):
    id = serializers.UUIDField(help_text="Of the listing")
    listing_id = serializers.UUIDField()
    favourited_at = serializers.DateTimeField()


def _deleted(name: str, lists: tuple[str, ...]) -> Any:
    return inline_serializer(name, {each: serializers.ListField(child=serializers.UUIDField()) for each in lists})


class CatalogDeltaOut(serializers.Serializer[Any]):
    """Drop what is `deleted` first, then take the rest. Keep `cursor`; while `has_more`, ask on with it at once."""

    categories = CategoryChange(many=True)
    brands = BrandChange(many=True)
    listings = ListingOut(many=True)
    deleted = serializers.SerializerMethodField()
    cursor = serializers.CharField()
    has_more = serializers.BooleanField()
    server_time = serializers.DateTimeField()
    reset = serializers.BooleanField(help_text="This begins anew: drop the whole copy first")

    @extend_schema_field(_deleted("DeletedFromCatalog", PUBLIC))
    def get_deleted(self, page: Any) -> Any:
        raise NotImplementedError  # the bytes are put together elsewhere


class DeltaOut(CatalogDeltaOut):
    """The private lists are there for who is signed in. A chat that is deleted takes its messages with it."""

    favourites = FavouriteChange(many=True, required=False)
    notifications = NotificationChange(many=True, required=False)
    orders = OrderOut(many=True, required=False)
    reviews = ReviewChange(many=True, required=False)
    chats = ChatChange(many=True, required=False)
    messages = MessageChange(many=True, required=False)

    @extend_schema_field(_deleted("DeletedFromCopy", PUBLIC + PRIVATE))
    def get_deleted(self, page: Any) -> Any:
        raise NotImplementedError
