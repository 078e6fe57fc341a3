"""`/v1/orders`: to order, to pay, to hand over, to end; and to see where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import ClaimsAuthentication, SignedIn, person_behind
from accounts.models import User
from marketplace.common.api import CountsFirst
from marketplace.common.errors import DomainError, NotFound
from marketplace.common.idempotency import answered_once, claim_of, idempotent
from orders.models import Operation, Order
from orders.querysets.order import is_operator
from orders.serializers import orders as shapes
from orders.services import accepting, ending, handing_over, ordinary, paying, placing
from orders.services.errors import OrderNotFound
from orders.services.explaining import explain

Authenticators = list[BaseAuthentication]


def order_seen_by(request: SignedIn, order_id: UUID) -> Order:
    order: Order | None = Order.objects.visible_to(request.user).select_related("escrow").filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def shown(order: Order) -> dict[str, Any]:
    order = Order.objects.select_related("escrow").get(pk=order.pk)
    return dict(shapes.OrderOut(order).data)


def operators_reason(user: User, body: Any) -> str:
    """Whatever parties may send under this name has never been read at these doors."""
    return shapes.ReasonBody.read(body).get("reason") or "" if is_operator(user) else ""


class Orders(CountsFirst, ViewSet):
    @extend_schema(parameters=[shapes.OrdersQuery], responses=shapes.OrderOut(many=True))
    def list(self, request: SignedIn) -> Response:
        """One's purchases and sales, newest first; `role` narrows."""
        query = shapes.OrdersQuery.read(request.query_params)
        return Response(_page(Order.objects.of(request.user, role=query.get("role")), query))

    def get_authenticators(self) -> Authenticators:
        """Whether account and session are good is asked by the statement that writes an order."""
        is_described = getattr(self, "swagger_fake_view", False)  # what callers send is the same
        is_order = not is_described and self.request.method == "POST" and self.action_map.get("post") == "create"
        return [ClaimsAuthentication()] if is_order else super().get_authenticators()

    @extend_schema(request=shapes.PlaceOrderBody, responses={201: shapes.OrderOut, 200: shapes.OrderOut})
    def create(self, request: SignedIn) -> HttpResponse:
        """Holds the pieces until paid, for half an hour. 200 for a `client_id` that is known already."""
        placed = _placed_at_once(request, _read(request))
        if placed is not None:
            return HttpResponse(placed, status=201, content_type="application/json")
        request.user = person_behind(request.auth)
        return self._place(request)

    @idempotent
    def _place(self, request: SignedIn) -> Response:
        body = shapes.PlaceOrderBody.read(request.data)
        order, is_new = placing.place(request.user, placing.Wish(**body))
        return Response(shapes.OrderOut(order).data, status=201 if is_new else 200)

    @extend_schema(parameters=[shapes.IncludeQuery], responses=shapes.OrderDetailOut)
    def retrieve(self, request: SignedIn, order_id: UUID) -> Response:
        order = order_seen_by(request, order_id)
        body = dict(shapes.OrderOut(order).data)
        for name in shapes.includes_in(request.query_params):
            body[name] = _INCLUDED[name](order, request.user)
        return Response(body, headers={"ETag": f'"{order.version}"'})

    @extend_schema(responses=shapes.StatusChangeOut(many=True))
    def status_history(self, request: SignedIn, order_id: UUID) -> Response:
        return Response(_status_history(order_seen_by(request, order_id)))

    @extend_schema(responses=shapes.PaymentOut(many=True))
    def payments(self, request: SignedIn, order_id: UUID) -> Response:
        return Response(_payments(order_seen_by(request, order_id), request.user))

    @extend_schema(responses=shapes.ExplainOut)
    def explain(self, request: SignedIn, order_id: UUID) -> Response:
        """Who must act, until when, and what happens to the money if nobody does."""
        return Response(shapes.ExplainOut(explain(order_seen_by(request, order_id), request.user)).data)

    @extend_schema(request=None, responses={202: shapes.PaidOrderOut})
    @idempotent
    def pay(self, request: SignedIn, order_id: UUID) -> Response:
        """Wanted, not done: a worker asks the provider. Sent again, it is answered again."""
        order = paying.pay(request.user, order_id)
        payment = order.operations.filter(kind=Operation.Kind.AUTHORIZE).order_by("-seq").first()
        return Response({**shown(order), "payment_id": payment and str(payment.pk)}, status=202)

    @extend_schema(request=None, responses=shapes.OrderOut)
    @idempotent
    def accept(self, request: SignedIn, order_id: UUID) -> Response:
        """By the seller, once it is paid."""
        return Response(shown(accepting.accept(request.user, order_id)))

    @extend_schema(request=shapes.OperatorShipBody, responses=shapes.OrderOut)
    @idempotent
    def ship(self, request: SignedIn, order_id: UUID) -> Response:
        """By the seller: sent, or handed over. By an operator who knows that it has changed hands, with a `reason`."""
        number = shapes.ShipBody.read(request.data).get("tracking_number") or ""
        reason = operators_reason(request.user, request.data)
        return Response(shown(handing_over.ship(request.user, order_id, tracking_number=number, reason=reason)))

    @extend_schema(request=None, responses=shapes.OrderOut)
    @answered_once
    def complete(self, request: SignedIn, order_id: UUID) -> Response:
        """By the buyer: it is here and as agreed. The seller is paid."""
        return Response(shown(ending.complete(request.user, order_id)))

    @extend_schema(request=shapes.ReasonBody, responses=shapes.OrderOut)
    @answered_once
    def cancel(self, request: SignedIn, order_id: UUID) -> Response:
        """By either party, while the table allows it, or by an operator with a `reason`. What was paid goes back."""
        reason = shapes.ReasonBody.read(request.data).get("reason") or ""
        return Response(shown(ending.cancel(request.user, order_id, reason=reason)))


def _read(request: SignedIn) -> Any:
    """A body that cannot be read is refused here, as it is read only once; but first, who may not come in at all."""
    try:
        data = request.data
    except (DomainError, APIException):
        person_behind(request.auth)
        raise
    else:
        return data


def _placed_at_once(request: SignedIn, data: Any) -> bytes | None:
    """What is wrong with a request is said on the other road, once it is known who asks."""
    try:
        wish = placing.Wish(**shapes.PlaceOrderBody.read(data))
        claim = claim_of(request, {})
    except DomainError:
        return None
    who = request.auth
    return ordinary.place(buyer_id=who.user_id, session_id=who.session_id, wish=wish, claim=claim)


class OrdersOf(CountsFirst, ViewSet):
    @extend_schema(
        parameters=[shapes.OrdersQuery, OpenApiParameter("user_id", UUID, "path")],
        responses=shapes.OrderOut(many=True),
    )
    def list(self, request: SignedIn, user_id: UUID) -> Response:
        """One's own, by another address; operators may read anybody's."""
        if user_id != request.user.pk and not is_operator(request.user):
            raise NotFound
        query = shapes.OrdersQuery.read(request.query_params)
        return Response(_page(Order.objects.of(user_id, role=query.get("role")), query))


def _page(rows: Any, query: dict[str, Any]) -> list[dict[str, Any]]:
    if "status" in query:
        rows = rows.filter(status=query["status"])
    start = (query["page"] - 1) * query["page_size"]
    found = rows.select_related("escrow").order_by("-pk")[start : start + query["page_size"]]
    return list(shapes.OrderOut(found, many=True).data)


def _status_history(order: Order, viewer: Any = None) -> Any:
    changes = [event for event in order.events.order_by("version") if event.from_status != event.to_status]
    return shapes.StatusChangeOut(changes, many=True).data


def _payments(order: Order, viewer: Any) -> Any:
    rows = order.operations.filter(kind=Operation.Kind.AUTHORIZE).select_related("order").order_by("seq")
    shown = shapes.PaymentOut(rows, many=True).data
    if viewer.pk == order.buyer_id:
        return shown
    return [{**each, "next_action": None} for each in shown]  # whoever holds it can act in the buyer's place


def _escrow(order: Order, viewer: Any) -> Any:
    escrow = getattr(order, "escrow", None)
    return None if escrow is None else shapes.EscrowOut(escrow).data


_INCLUDED: dict[str, Callable[[Order, Any], Any]] = {
    "payments": _payments,
    "escrow": _escrow,
    "status_history": _status_history,
}
