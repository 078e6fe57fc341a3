"""`/v1/price-suggestions`: what a thing might be asked for."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from listings.serializers import pricing as shapes
from listings.services import pricing
from marketplace.common.api import Door
from marketplace.common.idempotency import idempotent
from marketplace.common.schema import NOTHING


class Suggest(Door):
    @extend_schema(parameters=[shapes.SuggestionQuery], responses={200: shapes.SuggestionOut, 404: NOTHING})
    def get(self, request: SignedIn) -> Response:
        """Without keeping it. 404 when every number would be made up."""
        query = shapes.SuggestionQuery.read(request.query_params)
        said = {name: value for name, value in query.items() if value is not None}
        given = pricing.suggest(pricing.Question(**said), asker=request.user, now=timezone.now())
        return Response(shapes.SuggestionOut(given).data)


class RecentSuggestions(Door):
    @extend_schema(responses=shapes.SuggestionOut(many=True))
    def get(self, request: SignedIn, listing_id: UUID) -> Response:
        """The five newest that were kept, for the owner of the listing."""
        kept = pricing.recent(listing_id, owner=request.user)
        return Response([shapes.SuggestionOut(each).data for each in kept])


class ComputeSuggestion(Door):
    @extend_schema(request=shapes.SuggestionBody, responses={201: shapes.SuggestionOut})
    @idempotent
    def post(self, request: SignedIn, listing_id: UUID) -> Response:
        """For the owner; what the body leaves out is taken from the listing."""
        wanted = shapes.SuggestionBody.read(request.data)
        given = pricing.suggest_for(listing_id, owner=request.user, wanted=wanted, now=timezone.now())
        return Response(shapes.SuggestionOut(given).data, status=201)
