"""`/v1/uploads`: files for messages. Bytes go to the store by an address of its own, or through our door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import SignedIn
from chat.models import Upload
from chat.serializers import uploads as shapes
from chat.services.files import reaching, uploading
from marketplace.common.api import CountsFirst, Door
from marketplace.common.errors import InvalidInput
from marketplace.common.idempotency import answered_once, idempotent
from marketplace.common.paging import CursorQuery, newest_first
from marketplace.common.storage.doors import private_object

NOT_YET = OpenApiResponse({"$ref": "#/components/schemas/Error"}, "It has not been looked at yet")


class Uploads(CountsFirst, ViewSet):
    @extend_schema(request=shapes.UploadPresignBody, responses={201: shapes.UploadPresignOut})
    @idempotent
    def presign(self, request: SignedIn) -> Response:
        """An address for one PUT of one file: a document, a picture, sound, film or an archive."""
        body = shapes.UploadPresignBody.read(request.data)
        size = body.get("size")
        if size is not None and size > settings.CHAT_FILE_MAX_BYTES:
            raise InvalidInput.one(["body", "size"], f"A file has at most {settings.CHAT_FILE_MAX_BYTES} bytes")
        upload, granted = uploading.presign(
            request.user,
            filename=body["filename"],
            content_type=body["content_type"],
            size=size,
            max_bytes=settings.CHAT_FILE_MAX_BYTES,
        )
        answer = {"upload_id": upload.pk, "upload_url": granted.url, "object_key": upload.storage_key}
        return Response({**answer, "headers": granted.headers}, status=201)

    @extend_schema(request=shapes.UploadBody, responses={201: shapes.UploadOut})
    def create(self, request: SignedIn) -> Response:
        """The bytes are there: take them in. Sent again, it is answered again."""
        body = shapes.UploadBody.read(request.data)
        upload = uploading.confirm(
            request.user,
            object_key=body["object_key"],
            name=body.get("name") or "",
            max_bytes=settings.CHAT_FILE_MAX_BYTES,
        )
        return Response(shapes.shown(upload), status=201)

    @extend_schema(parameters=[CursorQuery], responses=shapes.UploadsPage)
    def list(self, request: SignedIn) -> Response:
        """One's own, newest first. What no message carries goes after a day."""
        query = CursorQuery.read(request.query_params)
        page = newest_first(
            Upload.objects.of(request.user).here(),
            scope=f"uploads:{request.user.pk}",
            cursor=query.get("cursor"),
            limit=query["limit"],
        )
        items = [shapes.shown(upload) for upload in page.items]
        return Response({"items": items, "next_cursor": page.next_cursor, "has_next": page.has_next})

    @extend_schema(responses=shapes.UploadOut)
    def retrieve(self, request: SignedIn, upload_id: UUID) -> Response:
        return Response(shapes.shown(reaching.own(request.user, upload_id)))

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: SignedIn, upload_id: UUID) -> Response:
        """One's own, while no message carries it."""
        reaching.remove(request.user, upload_id)
        return Response(status=204)


class UploadFiles(Door):
    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": shapes.UploadForm}, responses={201: shapes.UploadOut(many=True)})
    @answered_once
    def post(self, request: SignedIn) -> Response:
        """A form with one `file`, or with up to ten `files`; all are taken or none."""
        field = "files" if "files" in _files_of(request) else "file"
        uploads = uploading.receive(
            request.user, _files_of(request).get(field, []), field=field, max_bytes=settings.CHAT_FILE_MAX_BYTES
        )
        return Response([shapes.shown(upload) for upload in uploads], status=201)


def _files_of(request: SignedIn) -> dict[str, list[Any]]:
    request.data  # noqa: B018  (has the form read, and its errors said as the API says them)
    return dict(request.FILES.lists())


class UploadFile(Door):
    @extend_schema(
        parameters=[shapes.DownloadQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 409: NOT_YET},
    )
    def get(self, request: SignedIn, upload_id: UUID) -> HttpResponseBase:
        """The file itself, for who sent it up and who may see a message that carries it; always to be saved."""
        query = shapes.DownloadQuery.read(request.query_params)
        key, upload = reaching.key_to_read(request.user, upload_id, is_preview="size" in query)
        return private_object(request._request, key, download_name=None if "size" in query else upload.name)
