"""`/v1/images` and the pictures of a listing: an address to upload to, a confirmation, and looking at them."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from listings.models import Listing, Photo
from listings.serializers import images as shapes
from listings.services.listings import ListingNotFound
from listings.services.pictures import arranging, keys, showing, uploading
from marketplace.common.api import Door
from marketplace.common.errors import InvalidInput
from marketplace.common.idempotency import idempotent
from marketplace.common.schema import NOTHING


class Presign(Door):
    @extend_schema(request=shapes.PresignBody, responses={201: shapes.PresignOut})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """An address for one PUT of one picture, for the listing's owner. JPEG, PNG or WebP."""
        body = shapes.PresignBody.read(request.data)
        size = body.get("size")
        if size is not None and size > settings.PICTURE_MAX_BYTES:
            raise InvalidInput.one(["body", "size"], f"A picture has at most {settings.PICTURE_MAX_BYTES} bytes")
        extension = keys.chosen_extension(filename=body["filename"], content_type=body["content_type"])
        key, granted = uploading.presign(
            body["listing_id"],
            owner=request.user,
            extension=extension,
            content_type=body["content_type"],
            size=size,
            max_bytes=settings.PICTURE_MAX_BYTES,
        )
        return Response({"upload_url": granted.url, "object_key": key, "headers": granted.headers}, status=201)


class Confirm(Door):
    @extend_schema(request=shapes.ConfirmBody, responses=shapes.PreviewOut)
    def post(self, request: SignedIn) -> Response:
        """The upload is there: take it in. The object key makes a repeated confirmation answer as the first did."""
        body = shapes.ConfirmBody.read(request.data)
        return _confirmed(request, body["listing_id"], body)


class ListingImage(Door):
    @extend_schema(request=shapes.ImageBody, responses=shapes.OptionalPreviewOut)
    def post(self, request: SignedIn, listing_id: UUID) -> Response:
        """The same as `/v1/images/confirm`, as one app asks for it."""
        return _confirmed(request, listing_id, shapes.ImageBody.read(request.data))


def _confirmed(request: SignedIn, listing_id: UUID, body: dict[str, object]) -> Response:
    photo = uploading.confirm(
        listing_id,
        owner=request.user,
        object_key=str(body["object_key"]),
        max_bytes=settings.PICTURE_MAX_BYTES,
        width=body.get("width"),  # type: ignore[arg-type]
        height=body.get("height"),  # type: ignore[arg-type]
        now=timezone.now(),
    )
    return Response({"preview_url": showing.preview_url(photo, viewer=request.user)})


class Preview(Door):
    @extend_schema(parameters=[shapes.KeyQuery], responses={200: shapes.PreviewOut, 404: NOTHING})
    def get(self, request: SignedIn) -> Response:
        """Where to look at a picture: its public address, or for the owner of one that is not ready a signed one."""
        query = shapes.KeyQuery.read(request.query_params)
        return Response({"preview_url": showing.preview_of(query["object_key"], viewer=request.user)})

    @extend_schema(request=shapes.KeyBody, responses=shapes.PreviewOut)
    def post(self, request: SignedIn) -> Response:
        """The same with a body."""
        body = shapes.KeyBody.read(request.data)
        return Response({"preview_url": showing.preview_of(body["object_key"], viewer=request.user)})


class Photos(Door):
    @extend_schema(responses=shapes.ShownPhoto(many=True))
    def get(self, request: SignedIn, listing_id: UUID) -> Response:
        """All pictures of a listing, the cover first."""
        if not Listing.objects.visible_to(request.user).filter(pk=listing_id).exists():
            raise ListingNotFound
        rows = Photo.objects.filter(listing=listing_id).select_related("listing").in_order()
        return Response(shapes.ShownPhoto(rows, many=True, context={"viewer": request.user}).data)


class PhotoOrder(Door):
    @extend_schema(request=shapes.OrderBody, responses=shapes.ShownPhoto(many=True))
    def put(self, request: SignedIn, listing_id: UUID) -> Response:
        photo_ids = shapes.OrderBody.read(request.data)["photo_ids"]
        photos = arranging.arrange(listing_id, owner=request.user, photo_ids=photo_ids, now=timezone.now())
        return Response(shapes.ShownPhoto(photos, many=True, context={"viewer": request.user}).data)


class OnePhoto(Door):
    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, listing_id: UUID, photo_id: UUID) -> Response:
        arranging.remove(listing_id, photo_id, owner=request.user, now=timezone.now())
        return Response(status=204)
