"""`/v1/orders/{id}/receipt`, and `/v1/receipts` for whoever is shown one."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn
from marketplace.common.api import Door
from orders.serializers import receipts as shapes
from orders.services import receipts


class Receipt(Door):
    @extend_schema(responses=shapes.ReceiptOut)
    def get(self, request: SignedIn, order_id: UUID) -> Response:
        """Of a completed order, for its parties: facts and a signature that anybody can check."""
        return Response(receipts.receipt(request.user, order_id))


class VerifyReceipt(Door):
    permission_classes = (AllowAny,)
    rate_scope = "receipts"

    @extend_schema(request=shapes.VerifyBody, responses=shapes.VerdictOut)
    def post(self, request: Request) -> Response:
        """For whoever is shown a receipt: did we sign it, and is it still what our records say?"""
        given = shapes.VerifyBody.read(request.data)["receipt"]
        return Response(shapes.VerdictOut(receipts.verify(given["facts"], given["signature"])).data)


class ReceiptKey(Door):
    permission_classes = (AllowAny,)
    rate_scope = "receipts"

    @extend_schema(responses=shapes.ReceiptKeyOut)
    def get(self, request: Request) -> Response:
        """To check receipts without asking us."""
        key = {"algorithm": receipts.ALGORITHM, "key_id": receipts.key_id(), "public_key": receipts.public_key()}
        return Response(key)
