"""`/v1/listings`: to read (see `reading.py`), to offer, to change, to take away."""

from __future__ import annotations

import re
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import SignedIn
from listings.models import Listing
from listings.serializers import listings as shapes
from listings.services import listings, transitions
from listings.views.reading import ReadsListings
from marketplace.common.api import CountsFirst
from marketplace.common.errors import InvalidInput
from marketplace.common.idempotency import idempotent

IF_MATCH = OpenApiParameter("If-Match", str, "header", description="The ETag that was read; another version is a 412")
ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


class Listings(ReadsListings, CountsFirst, ViewSet):
    @extend_schema(request=shapes.ListingBody, responses={201: shapes.ListingOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        facts = listings.checked_facts(shapes.ListingBody.read(request.data))
        is_active, state = facts.pop("is_active", True), facts.pop("state", None)
        made = listings.offer(
            request.user,
            quantity=facts.pop("quantity", 1),
            state=state or transitions.state_for(is_active=is_active),
            facts=facts,
        )
        return self._shown(request, made, status=201)

    @extend_schema(request=shapes.ListingChanges, parameters=[IF_MATCH], responses=shapes.ListingOut)
    def partial_update(self, request: SignedIn, listing_id: UUID) -> Response:
        """Any subset of the fields, by the owner. `is_active` is the short form of `state`."""
        changes = listings.checked_facts(shapes.ListingChanges.read(request.data))
        changed = listings.change(
            listing_id,
            owner=request.user,
            quantity=changes.pop("quantity", None),
            state=changes.pop("state", None),
            is_active=changes.pop("is_active", None),
            changes=changes,
            expected_version=expected_version(request),
            now=timezone.now(),
        )
        return self._shown(request, changed)

    @extend_schema(parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: SignedIn, listing_id: UUID) -> Response:
        listings.remove(listing_id, owner=request.user, expected_version=expected_version(request), now=timezone.now())
        return Response(status=204)

    def _shown(self, request: SignedIn, listing: Listing, *, status: int = 200) -> Response:
        body = shapes.ListingOut(listing, context={"viewer": request.user}).data
        return Response(body, status=status, headers={"ETag": listing.etag})


def expected_version(request: SignedIn) -> int | None:
    """From `If-Match`; `*` and no header expect nothing."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        return None
    match = ETAG.fullmatch(given)
    if match is None:
        raise InvalidInput.one(["header", "If-Match"], "Send one ETag as it was received")
    return int(match[1])
