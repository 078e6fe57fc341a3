"""`/v1/practice`: only where payments are simulated."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from marketplace.common.api import Door
from marketplace.common.idempotency import answered_once, idempotent
from orders.serializers import orders as order_shapes
from orders.serializers import payments as shapes
from orders.services import practising
from orders.views.orders import shown


class PracticeDoor(Door):
    """Not there at all where money is real."""

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        practising.require_practice()


class Confirm(PracticeDoor):
    @extend_schema(request=shapes.PracticeConfirmBody, responses=order_shapes.OrderOut)
    @answered_once
    def post(self, request: SignedIn, order_id: UUID) -> Response:
        """The buyer confirms, or refuses, what the simulated bank asks of them."""
        body = shapes.PracticeConfirmBody.read(request.data)
        return Response(shown(practising.confirm(request.user, order_id, succeeds=body["succeeds"])))


class Misbehave(PracticeDoor):
    @extend_schema(request=shapes.PracticeFaultBody, responses=order_shapes.OrderOut)
    @idempotent
    def post(self, request: SignedIn, order_id: UUID) -> Response:
        """The simulated bank will misbehave in this way, once, the next time that it can in this order."""
        body = shapes.PracticeFaultBody.read(request.data)
        return Response(shown(practising.misbehave(request.user, order_id, fault=body["fault"])))
