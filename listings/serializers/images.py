"""Pictures on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listings.models import Photo
from listings.serializers.listings import PhotoOut
from listings.services.pictures import showing
from marketplace.common.validation import QueryShape, Shape

LARGEST_BYTES = 2**31 - 1
LARGEST_SIDE = 1_000_000


class ScopeField(serializers.ChoiceField):
    """Some apps send it, some do not; here every picture is a listing's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"choices": ["listing"], "required": False, "default": "listing", **kwargs})


class PresignBody(Shape):
    filename = serializers.CharField(max_length=255)
    content_type = serializers.CharField(max_length=100)
    scope = ScopeField()
    listing_id = serializers.UUIDField()
    size = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_BYTES,
        required=False,
        allow_null=True,
        help_text="Bytes. When given, the address takes exactly as many",
    )


class PresignOut(serializers.Serializer[Any]):
    upload_url = serializers.CharField(help_text="PUT the bytes here, with `headers` and no others, within 15 minutes")
    object_key = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())


class KeyBody(Shape):
    object_key = serializers.CharField(max_length=300)


class KeyQuery(QueryShape):
    object_key = serializers.CharField(max_length=300)


class ImageBody(KeyBody):
    width = serializers.IntegerField(min_value=0, max_value=LARGEST_SIDE, required=False, allow_null=True)
    height = serializers.IntegerField(min_value=0, max_value=LARGEST_SIDE, required=False, allow_null=True)


class ConfirmBody(ImageBody):
    scope = ScopeField()
    listing_id = serializers.UUIDField()


class PreviewOut(serializers.Serializer[Any]):
    preview_url = serializers.CharField()


class OptionalPreviewOut(serializers.Serializer[Any]):
    preview_url = serializers.CharField(allow_null=True)


class OrderBody(Shape):
    photo_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=100, help_text="Every picture of the listing; the first is the cover"
    )


class ShownPhoto(PhotoOut):
    """`preview_url` and `trouble` are for the owner, who also sees what is not ready. `context["viewer"]` decides."""

    preview_url = serializers.SerializerMethodField()
    trouble = serializers.SerializerMethodField()

    class Meta(PhotoOut.Meta):
        fields = (*PhotoOut.Meta.fields, "preview_url", "trouble")  # type: ignore[assignment]

    def get_preview_url(self, photo: Photo) -> str | None:
        return showing.preview_url(photo, viewer=self.context["viewer"])

    def get_trouble(self, photo: Photo) -> str | None:
        is_owner = photo.listing.belongs_to(self.context["viewer"])
        return photo.trouble or None if is_owner else None
