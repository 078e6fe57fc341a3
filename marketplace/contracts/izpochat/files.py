"""`/api/uploads`: files for messages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from chat import frames
from chat.models import Upload
from chat.services import numbered
from chat.services.errors import UploadNotFound
from chat.services.files import naming, reaching, uploading, work
from marketplace.common.errors import DomainError, Forbidden, InvalidInput
from marketplace.common.idempotency import answered_once
from marketplace.common.storage.doors import private_object
from marketplace.common.storage.filetypes import TYPE_OF_EXTENSION
from marketplace.common.validation import QueryShape, Shape
from marketplace.contracts.izpochat.doors import IzpoDoor
from marketplace.contracts.rooms import NumberedPersonOut, person

CATEGORIES = {
    "documents": naming.DOCUMENTS,
    "images": (*naming.PICTURES, *naming.DRAWINGS),
    "audio": naming.SOUNDS,
    "video": naming.FILMS,
    "archives": naming.ARCHIVES,
}
NOT_YET = OpenApiResponse({"$ref": "#/components/schemas/Error"}, "It has not been looked at yet")


class NotTaken(DomainError):
    code = "file_not_taken"
    detail = "This file is not taken"


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────


class IzpoFilesQuery(QueryShape):
    skip = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=100)


class IzpoFileForm(Shape):
    file = serializers.FileField()


class IzpoFilesForm(Shape):
    files = serializers.ListField(child=serializers.FileField(), help_text="Up to ten at once")


class IzpoFileOut(serializers.Serializer[Any]):
    """Fields that two versions of this family name differently stand here under both names."""

    id = serializers.IntegerField()
    original_filename = serializers.CharField()
    filename = serializers.CharField()
    stored_filename = serializers.CharField()
    content_type = serializers.CharField()
    file_size = serializers.IntegerField()
    public_url = serializers.CharField(allow_null=True, help_text="A path here that asks for the token")
    file_url = serializers.CharField(allow_null=True)
    file_path = serializers.CharField(allow_null=True)
    uploader_id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    uploader = NumberedPersonOut()
    uploaded_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    room_id = serializers.IntegerField(allow_null=True, help_text="Always null: messages bring files into rooms")
    description = serializers.CharField(allow_null=True, help_text="Always null: the message says what it is")


class IzpoTypesOut(serializers.Serializer[Any]):
    message = serializers.CharField()
    allowed_types = serializers.ListField(child=serializers.CharField())
    categories = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    max_file_size_mb = serializers.IntegerField()
    max_size_mb = serializers.IntegerField()
    storage_provider = serializers.CharField()
    bucket = serializers.CharField(allow_null=True)


class IzpoGoneOut(serializers.Serializer[Any]):
    message = serializers.CharField()


def shown(upload: Upload) -> dict[str, Any]:
    facts = frames.numbered_file(upload)
    address, name, uploader = facts["public_url"], facts["original_filename"], upload.uploader
    return {
        **facts,
        "filename": name,
        "stored_filename": name,
        "file_url": address,
        "file_path": address,
        "uploader_id": uploader.number,
        "user_id": uploader.number,
        "uploader": person(uploader),
        "uploaded_at": upload.created_at,
        "created_at": upload.created_at,
        "room_id": None,
        "description": None,
    }


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────


def _received(request: SignedIn, field: str) -> list[Upload]:
    """A kind that is not taken is a 400 here, and said in a sentence; a form without a file does not fit."""
    request.data  # noqa: B018  (has the form read, and its errors said as the API says them)
    parts = request.FILES.getlist(field)
    try:
        received = uploading.receive(request.user, parts, field=field, max_bytes=settings.CHAT_FILE_MAX_BYTES)
    except InvalidInput as error:
        if not parts:
            raise
        raise NotTaken(error.text) from error
    for upload in received:  # this family knows no event for a file that gets ready, and asks for it at once
        work.work_at_once(upload)
        upload.refresh_from_db(fields=["state", "size_bytes"])
    return received


class Uploads(IzpoDoor):
    parser_classes = (MultiPartParser,)

    @extend_schema(parameters=[IzpoFilesQuery], responses=IzpoFileOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """One's own, newest first."""
        return _own(request)

    @extend_schema(request={"multipart/form-data": IzpoFileForm}, responses={201: IzpoFileOut})
    @answered_once
    def post(self, request: SignedIn) -> Response:
        """One `file`. It is seen by whoever may see a message that carries it, and goes after a day without one."""
        return Response(shown(_received(request, "file")[0]), status=201)


class ManyUploads(IzpoDoor):
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": IzpoFilesForm}, responses={201: IzpoFileOut(many=True)})
    @answered_once
    def post(self, request: SignedIn) -> Response:
        """Up to ten `files`; all are taken or none."""
        return Response([shown(upload) for upload in _received(request, "files")], status=201)


class MyFiles(IzpoDoor):
    @extend_schema(parameters=[IzpoFilesQuery], responses=IzpoFileOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """One's own, newest first."""
        return _own(request)


def _own(request: SignedIn) -> Response:
    query = IzpoFilesQuery.read(request.query_params)
    own = Upload.objects.of(request.user).here().select_related("uploader").order_by("-pk")
    return Response([shown(upload) for upload in own[query["skip"] : query["skip"] + query["limit"]]])


class OneUpload(IzpoDoor):
    @extend_schema(responses=IzpoFileOut)
    def get(self, request: SignedIn, number: int) -> Response:
        return Response(shown(numbered.file(request.user, number)))

    @extend_schema(request=None, responses={200: IzpoGoneOut})
    def delete(self, request: SignedIn, number: int) -> Response:
        """One's own, while no message carries it. Who sees it in a room is told that it is another's."""
        found = numbered.file(request.user, number)
        try:
            reaching.remove(request.user, found.pk)
        except UploadNotFound as error:  # it is there, as was just seen, and not theirs
            raise Forbidden from error
        return Response({"message": "Archivo eliminado exitosamente"})


class Download(IzpoDoor):
    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 409: NOT_YET})
    def get(self, request: SignedIn, number: int) -> HttpResponseBase:
        """The file itself, always to be saved; for who sent it up and who may see a message that carries it."""
        found = numbered.file(request.user, number)
        key, upload = reaching.key_to_read(request.user, found.pk, is_preview=False)
        return private_object(request._request, key, download_name=upload.name)


class AllowedTypes(IzpoDoor):
    permission_classes = (AllowAny,)

    @extend_schema(responses=IzpoTypesOut)
    def get(self, request: Request) -> Response:
        kinds = {name: sorted({TYPE_OF_EXTENSION[each] for each in endings}) for name, endings in CATEGORIES.items()}
        megabytes = settings.CHAT_FILE_MAX_BYTES // 1_048_576
        return Response(
            {
                "message": "Tipos de archivo permitidos",
                "allowed_types": sorted({kind for each in kinds.values() for kind in each}),
                "categories": kinds,
                "max_file_size_mb": megabytes,
                "max_size_mb": megabytes,
                "storage_provider": "s3" if settings.S3_ENDPOINT else "local",
                "bucket": settings.S3_BUCKET if settings.S3_ENDPOINT else None,
            }
        )
