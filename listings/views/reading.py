"""Lists, searches and single listings, for the many who only read."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from listings.models import Listing
from listings.serializers import listings as shapes
from listings.services.listings import ListingNotFound


class ReadsListings:
    @extend_schema(responses=shapes.ListingOut(many=True))
    def list(self, request: SignedIn) -> Response:
        rows = Listing.objects.on_offer().newest().with_photos()[:20]
        return Response(shapes.ListingOut(rows, many=True, context={"viewer": request.user}).data)

    @extend_schema(responses=shapes.ListingOut)
    def retrieve(self, request: SignedIn, listing_id: UUID) -> Response:
        listing = Listing.objects.visible_to(request.user).with_photos().filter(pk=listing_id).first()
        if listing is None:
            raise ListingNotFound
        body = shapes.ListingOut(listing, context={"viewer": request.user}).data
        return Response(body, headers={"ETag": listing.etag})
