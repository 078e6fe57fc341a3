"""`/v1/reviews` and `/v1/users/{id}/rating`."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import SignedIn
from accounts.models import User
from marketplace.common.api import CountsFirst, Door
from marketplace.common.errors import NotFound
from marketplace.common.idempotency import idempotent
from marketplace.common.jsonio import json_response
from orders.models import Review
from orders.serializers import reviews as shapes
from orders.services import reviewing

MOST_LISTED = 50


def _shown(review: Review, status: int = 200) -> Response:
    return Response(shapes.ReviewOut(review).data, status=status)


def _require_person(request: SignedIn, user_id: UUID) -> None:
    if not User.objects.visible_to(request.user).filter(pk=user_id).exists():
        raise NotFound


class Reviews(CountsFirst, ViewSet):
    @extend_schema(request=shapes.ReviewBody, responses={201: shapes.ReviewOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        """By a party of a completed order, of the other. They read it once they have written too, or in two weeks."""
        body = shapes.ReviewBody.read(request.data)
        return _written(request, body["order_id"], body)

    @extend_schema(request=shapes.OrderReviewBody, responses={201: shapes.ReviewOut})
    @idempotent
    def create_for_order(self, request: SignedIn, order_id: UUID) -> Response:
        """The same; of whom, the order says."""
        return _written(request, order_id, shapes.OrderReviewBody.read(request.data))

    @extend_schema(responses=shapes.ReviewOut(allow_null=True))
    def of_order(self, request: SignedIn, order_id: UUID) -> HttpResponse:
        """One's own, else the other's once it can be read; `null` when there is none."""
        review = reviewing.of_order(request.user, order_id)
        return json_response(None) if review is None else _shown(review)

    @extend_schema(responses=shapes.ReviewOut(many=True))
    def of_person(self, request: SignedIn, user_id: UUID) -> Response:
        """The newest they have received, as far as they are published."""
        _require_person(request, user_id)
        return Response(shapes.ReviewOut(reviewing.received_by(user_id)[:MOST_LISTED], many=True).data)


def _written(request: SignedIn, order_id: UUID, body: dict[str, object]) -> Response:
    review = reviewing.review(
        request.user,
        order_id,
        rating=int(str(body["rating"])),
        comment=str(body.get("comment") or ""),
        ratee_id=body.get("ratee_id"),  # type: ignore[arg-type]
    )
    return _shown(review, 201)


class Rating(Door):
    @extend_schema(responses=shapes.PersonRatingOut)
    def get(self, request: SignedIn, user_id: UUID) -> Response:
        """What people say of them as a buyer and as a seller."""
        _require_person(request, user_id)
        return Response(shapes.PersonRatingOut({"user_id": user_id, **reviewing.rating_of(user_id)}).data)
