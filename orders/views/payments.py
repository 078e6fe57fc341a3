"""`/v1/payments` and `/v1/escrow`: by the order's id in the body, as the campus apps have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.authentication import SignedIn
from accounts.serializers import DoneOut
from marketplace.common.api import Door
from marketplace.common.idempotency import NotYet, answered_once
from orders.serializers import orders as shapes
from orders.services import ending, paying, reporting_steps
from orders.views.orders import operators_reason

ORDER_ID = OpenApiParameter("order_id", str, "query", description="Instead of the one in the body", required=False)


def _body_or_query(request: SignedIn) -> Mapping[str, Any]:
    """One app sends `order_id` in the query, with an empty body."""
    body = request.data if isinstance(request.data, Mapping) else {}
    return {**request.query_params.dict(), **body}


class Capture(Door):
    @extend_schema(request=shapes.PaymentBody, parameters=[ORDER_ID], responses=shapes.CapturedOut)
    @answered_once
    def post(self, request: SignedIn) -> Response:
        """Settles the pending payment. `captured` is false when the provider has not answered yet: ask again."""
        body = shapes.PaymentBody.read(_body_or_query(request))
        captured = paying.capture(request.user, body["order_id"], client_ref=body.get("provider_ref") or "")
        return Response({"captured": True}) if captured else NotYet({"captured": False})


class Refund(Door):
    @extend_schema(request=shapes.RefundBody, parameters=[ORDER_ID], responses=shapes.RefundedOut)
    @answered_once
    def post(self, request: SignedIn) -> Response:
        """By the seller, or by an operator with a `reason`. `refunded` is false while the provider has not answered:
        ask again."""
        sent = _body_or_query(request)
        body = shapes.PaymentBody.read(sent)
        order = ending.refund(request.user, body["order_id"], reason=operators_reason(request.user, sent))
        is_back = order.is_over and not order.is_sale
        return Response({"refunded": True}) if is_back else NotYet({"refunded": False})


class Step(Door):
    @extend_schema(request=shapes.EscrowStepBody, responses={202: DoneOut})
    @answered_once
    def post(self, request: SignedIn) -> Response:
        """A step on the way through the purchase, and how it went: `ok`, `success` or `cancelled`."""
        body = shapes.EscrowStepBody.read(request.data)
        reporting_steps.report(
            request.user,
            escrow_id=body["escrow_id"],
            order_id=body.get("order_id"),
            step=body["step"],
            result=body["result"],
        )
        return Response({"ok": True}, status=202)
