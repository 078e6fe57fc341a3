"""`/v1/offers`: a price is talked about. Accepted, it is good for one order with `offer_id`."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import SignedIn
from marketplace.common.api import CountsFirst
from marketplace.common.idempotency import idempotent
from marketplace.common.paging import newest_first
from orders.models import Offer
from orders.serializers import offers as shapes
from orders.services import offering


def _shown(offer: Offer, status: int = 200) -> Response:
    return Response(shapes.OfferOut(Offer.objects.shown().get(pk=offer.pk)).data, status=status)


class Offers(CountsFirst, ViewSet):
    @extend_schema(request=shapes.OfferBody, responses={201: shapes.OfferOut})
    @idempotent
    def create(self, request: SignedIn, listing_id: UUID) -> Response:
        """By somebody who would buy at this price. One at a time for each thing."""
        body = shapes.OfferBody.read(request.data)
        return _shown(offering.make(request.user, listing_id, **body), 201)

    @extend_schema(parameters=[shapes.OffersQuery], responses=shapes.OffersPage)
    def list(self, request: SignedIn) -> Response:
        """One's own, made and received, newest first; `role` narrows."""
        query = shapes.OffersQuery.read(request.query_params)
        role = query.get("role")
        rows = Offer.objects.of(request.user, role=role).shown()
        scope = f"offers:{request.user.pk}:{role}"
        page = newest_first(rows, scope=scope, cursor=query.get("cursor"), limit=query["limit"])
        return Response(shapes.OffersPage(page).data)

    @extend_schema(responses=shapes.OfferOut)
    def retrieve(self, request: SignedIn, offer_id: UUID) -> Response:
        return _shown(offering.seen_by(request.user, offer_id)[0])

    @extend_schema(request=shapes.OfferBody, responses={201: shapes.OfferOut})
    @idempotent
    def counter(self, request: SignedIn, offer_id: UUID) -> Response:
        """Another price instead, by the one who is asked; a new offer with this one as its parent."""
        body = shapes.OfferBody.read(request.data)
        return _shown(offering.counter(request.user, offer_id, **body), 201)

    @extend_schema(request=None, responses=shapes.OfferOut)
    @idempotent
    def accept(self, request: SignedIn, offer_id: UUID) -> Response:
        """By the one who is asked. The buyer may now order at this price, for a day."""
        return _shown(offering.accept(request.user, offer_id))

    @extend_schema(request=None, responses=shapes.OfferOut)
    @idempotent
    def decline(self, request: SignedIn, offer_id: UUID) -> Response:
        """By the one who is asked."""
        return _shown(offering.decline(request.user, offer_id))

    @extend_schema(request=None, responses=shapes.OfferOut)
    @idempotent
    def withdraw(self, request: SignedIn, offer_id: UUID) -> Response:
        """By the one who made it."""
        return _shown(offering.withdraw(request.user, offer_id))
