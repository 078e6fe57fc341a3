"""Lists, searches and single listings, for the many who only read.

PostgreSQL writes the JSON; DRF still asks who is there, how often, and describes the doors.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.authentication import ReadsLightly, SignedIn
from listings.models import Listing
from listings.search import facets, finding, heard, one, suggestions
from listings.serializers import search as shapes
from listings.serializers.listings import ListingOut
from listings.services.listings import ListingNotFound
from marketplace.common.jsonio import dumps

IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, "header", description="The ETag that is held: 304 if it is good")

MOST_PRICES = 500


class ReadsListings(ReadsLightly):
    @extend_schema(parameters=[shapes.SearchQuery], responses=shapes.ListingPage)
    def list(self, request: SignedIn) -> HttpResponse:
        """Words, filters and a circle; all that are given must hold."""
        query = shapes.SearchQuery.read(request.query_params)
        criteria, window = shapes.criteria_of(query), shapes.window_of(query)
        found = finding.find(criteria, request.user, window)
        if window.is_first:
            heard.tell(found.criteria, total=found.total, by=request.user.pk)
        counts = facets.count_facets(found.criteria, request.user) if query["facets"] else None
        return _json(_envelope(found, window, counts))

    @extend_schema(parameters=[IF_NONE_MATCH], responses={200: ListingOut, 304: None})
    def retrieve(self, request: SignedIn, listing_id: UUID) -> HttpResponse:
        shown = one.show(listing_id, request.user)
        if shown is None:
            raise ListingNotFound
        is_held = shown.etag in _etags(request.headers.get("If-None-Match", ""))
        response = HttpResponse(status=304) if is_held else _json(shown.body)
        response["ETag"] = shown.etag
        response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization"  # one's own shows more, so a copy is good for its reader only
        return response

    @extend_schema(parameters=[shapes.SuggestQuery], responses=shapes.Suggestion(many=True))
    def suggest(self, request: SignedIn) -> Response:
        """Ten ways to go on typing."""
        query = shapes.SuggestQuery.read(request.query_params)
        return Response(suggestions.suggest(query["q"]))

    @extend_schema(responses=shapes.PriceOut(many=True))
    def price_history(self, request: SignedIn, listing_id: UUID) -> Response:
        """The newest 500 of the prices it has had, oldest first."""
        listing = Listing.objects.visible_to(request.user).filter(pk=listing_id).first()
        if listing is None:
            raise ListingNotFound
        newest = listing.prices.order_by("-id").values("price_cents", "currency", "at")[:MOST_PRICES]
        return Response(shapes.PriceOut(reversed(newest), many=True).data)


def _json(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def _envelope(found: finding.Found, window: finding.Window, counts: str | None) -> bytes:
    rest: dict[str, Any] = {
        "total": found.total,
        "page": window.page,
        "page_size": window.size,
        "has_next": found.has_next,
        "total_is_exact": found.total_is_exact,
        "next_cursor": found.next_cursor,
    }
    body = b'{"items":%b,%b' % (found.items, dumps(rest)[1:-1])
    return b'%b,"facets":%b}' % (body, counts.encode()) if counts is not None else body + b"}"


def _etags(header: str) -> set[str]:
    return {etag.strip().removeprefix("W/") for etag in header.split(",")}
