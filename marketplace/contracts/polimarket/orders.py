"""`/orders/create`, `/delivery/orders`, `/users/me/sales` and `…/purchases`: what is brought, and what was sold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.models import User
from listings.models import Photo
from marketplace.common.errors import DomainError
from marketplace.common.idempotency import idempotent
from marketplace.common.money import amount_from_cents
from marketplace.contracts.common import forms, sent
from marketplace.contracts.polimarket import names, shapes, showing
from marketplace.contracts.polimarket.door import PoliMarketDoor, part_of, product_seen_by
from marketplace.contracts.polimarket.words import WORDS
from orders.lifecycle import State
from orders.models import Delivery, Order
from orders.services import delivering
from orders.services.errors import DeliveryTaken

OWN_PRODUCT = "No puedes comprar tu propio producto"


class Create(PoliMarketDoor):
    words = {**PoliMarketDoor.words, "own_listing": OWN_PRODUCT}

    @extend_schema(request=forms(shapes.DeliveryBody), responses=shapes.AskedOut)
    @idempotent
    def post(self, request: SignedIn) -> Response:
        """One piece, brought by a courier and paid at the door. The chat tells where to."""
        body = shapes.DeliveryBody.read(sent(request))
        listing = product_seen_by(request.user, body["product_id"])
        door = delivering.Door(body["faculty"], body["building"], body.get("classroom") or "")
        payment = names.PAYMENTS[body["payment_method"]]
        delivery = delivering.order_to(request.user, listing.pk, door, payment=payment)
        return Response({"order_id": delivery.order.number, "fee": amount_from_cents(delivery.fee_cents)})


class Deliveries(PoliMarketDoor):
    is_about_oneself = True

    @extend_schema(parameters=[shapes.SliceQuery], responses=shapes.TradeOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """For couriers: what is still to be brought, the oldest first, without what one has passed on."""
        delivering.require_courier(request.user)
        query = shapes.SliceQuery.read(request.query_params)
        rows = part_of(Delivery.objects.offered_to(request.user).with_things(), query)
        return Response([showing.trade(row.order) for row in rows])


class OneDelivery(PoliMarketDoor):
    @extend_schema(request=forms(shapes.StatusBody), responses=shapes.UpdatedOut)
    def put(self, request: SignedIn, number: int) -> Response:
        """`accepted` takes it on, `completed` says that it was brought and paid, `rejected` gives it up."""
        STEPS[shapes.StatusBody.read(sent(request))["status"]](request.user, number)
        return Response({"status": "updated"})


def _claim(courier: User, number: int) -> Delivery:
    """Too late is a 400 here, and a conflict elsewhere."""
    try:
        return delivering.claim(courier, number, now=timezone.now())
    except DeliveryTaken as error:
        raise DomainError(WORDS[error.code]) from error


STEPS: dict[str, Callable[[User, int], Delivery]] = {
    "accepted": _claim,
    "completed": delivering.deliver,
    "rejected": delivering.turn_down,
}


class Trades(PoliMarketDoor):
    role: str

    @extend_schema(parameters=[shapes.SliceQuery], responses=shapes.TradeOut(many=True))
    def get(self, request: SignedIn) -> Response:
        """Those that are completed, the newest first, however they were paid."""
        query = shapes.SliceQuery.read(request.query_params)
        rows = Order.objects.of(request.user, role=self.role).filter(state=State.COMPLETED).order_by("-pk")
        return Response([showing.trade(order) for order in part_of(_with_things(rows), query)])


class Sales(Trades):
    role = "seller"


class Purchases(Trades):
    role = "buyer"


def _with_things(rows: QuerySet[Order]) -> QuerySet[Any]:
    covers = Prefetch("listing__photos", Photo.objects.order_by("position", "id"))
    rows = rows.select_related("listing", "buyer", "seller", "delivery__courier")
    return rows.defer("listing__search", "listing__plain_title").prefetch_related(covers)
