"""The hand-over by code, and `/v1/users/me/selling`."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from marketplace.common.api import Door
from marketplace.common.idempotency import answered_once
from orders.serializers import handover as shapes
from orders.serializers.orders import OrderOut
from orders.services import handover_codes, selling
from orders.views.orders import shown


class HandoverCode(Door):
    @extend_schema(responses=shapes.HandoverCodeOut)
    def get(self, request: SignedIn, order_id: UUID) -> Response:
        """For the buyer, to show when the thing is in their hands: as digits, and as the text of a QR."""
        found = handover_codes.show(request.user, order_id)
        return Response(shapes.HandoverCodeOut(found).data, headers={"Cache-Control": "no-store"})


class HandOver(Door):
    @extend_schema(request=shapes.HandOverBody, responses=OrderOut)
    @answered_once
    def post(self, request: SignedIn, order_id: UUID) -> Response:
        """By the seller, with what the buyer shows; it may also be sent later. Sent again, it is answered again."""
        body = shapes.HandOverBody.read(request.data)
        order = handover_codes.hand_over(request.user, order_id, code=body.get("code", ""), qr=body.get("qr", ""))
        return Response(shown(order))


class Selling(Door):
    @extend_schema(responses=shapes.SellingOut)
    def get(self, request: SignedIn) -> Response:
        return Response(shapes.SellingOut(selling.terms_of(request.user)).data)

    @extend_schema(request=shapes.SellingBody, responses=shapes.SellingOut)
    def patch(self, request: SignedIn) -> Response:
        """`accepts_at_once`: paid is accepted, nobody presses a button. `payout_account`: where the money is sent."""
        body = shapes.SellingBody.read(request.data)
        return Response(shapes.SellingOut(selling.change(request.user, body)).data)
