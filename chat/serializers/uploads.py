"""Files on the wire. `frames.file` writes them wherever they are shown."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chat import frames
from chat.models import Upload
from chat.models.file import PREVIEW_PIXELS
from marketplace.common.validation import QueryShape, Shape

LARGEST_FILE = 2**31 - 1
PREVIEW_SIZES = [(str(PREVIEW_PIXELS), f"{PREVIEW_PIXELS} pixels")]


class UploadPresignBody(Shape):
    filename = serializers.CharField(max_length=255)
    content_type = serializers.CharField(max_length=100)
    size = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_FILE,
        required=False,
        allow_null=True,
        help_text="Bytes. When given, the address takes exactly as many",
    )


class UploadPresignOut(serializers.Serializer[Any]):
    upload_id = serializers.UUIDField(help_text="What a message names, once the upload is confirmed")
    upload_url = serializers.CharField(help_text="PUT the bytes here, with `headers` and no others, within 15 minutes")
    object_key = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())


class UploadBody(Shape):
    object_key = serializers.CharField(max_length=300)
    name = serializers.CharField(max_length=255, required=False, allow_blank=True, allow_null=True)


class UploadForm(Shape):
    file = serializers.FileField(required=False)
    files = serializers.ListField(child=serializers.FileField(), required=False, help_text="Instead: up to ten at once")


class DownloadQuery(QueryShape):
    size = serializers.ChoiceField(
        choices=PREVIEW_SIZES, required=False, help_text="Of a picture: a small version, no side longer than this"
    )


class AttachmentOut(serializers.Serializer[Any]):
    """`width`, `height`, the thumbnail and the final size of a picture come when it is ready, and so does what is at
    its address; a refused file has no address.
    """

    id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=Upload.State.choices)
    url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)


class UploadOut(AttachmentOut):
    """As its uploader sees it."""

    trouble = serializers.CharField(help_text="Why it was refused, or has no thumbnail")
    created_at = serializers.DateTimeField()


@extend_schema_serializer(many=False)  # the list itself has a page around it
class UploadsPage(serializers.Serializer[Any]):
    items = UploadOut(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_next = serializers.BooleanField()


def shown(upload: Upload) -> dict[str, Any]:
    return {**frames.file(upload), "trouble": upload.trouble, "created_at": frames.stamp(upload.created_at)}
