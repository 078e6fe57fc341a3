"""T12 and T13 for money: every route, for everybody in every part. A new route of `orders` without a row here fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from marketplace.tests.routes import api_routes, undone
from orders.models import Account, Operation, Order
from orders.services import accepting

pytestmark = pytest.mark.django_db

CALLERS = ("anonymous", "stranger", "buyer", "seller", "moderator", "administrator")
# The order is paid and accepted: where money is held and both parties have something to do
MATRIX: dict[str, tuple[int, int, int, int, int, int]] = {
    "GET /v1/orders": (401, 200, 200, 200, 200, 200),
    "POST /v1/orders": (401, 409, 409, 400, 409, 409),  # its only piece is held
    "GET /v1/orders/user/<uuid:user_id>": (401, 404, 200, 404, 200, 200),
    "GET /v1/orders/<uuid:order_id>": (401, 404, 200, 200, 200, 200),
    "GET /v1/orders/<uuid:order_id>/status-history": (401, 404, 200, 200, 200, 200),
    "GET /v1/orders/<uuid:order_id>/payments": (401, 404, 200, 200, 200, 200),
    "GET /v1/orders/<uuid:order_id>/explain": (401, 404, 200, 200, 200, 200),
    "POST /v1/orders/<uuid:order_id>/pay": (401, 404, 202, 403, 403, 403),
    "POST /v1/orders/<uuid:order_id>/accept": (401, 404, 403, 200, 403, 403),
    "POST /v1/orders/<uuid:order_id>/ship": (401, 404, 403, 200, 200, 200),
    "POST /v1/orders/<uuid:order_id>/complete": (401, 404, 200, 403, 403, 403),
    "POST /v1/orders/<uuid:order_id>/cancel": (401, 404, 409, 200, 200, 200),
    "POST /v1/payments/capture": (401, 404, 200, 403, 403, 403),
    "POST /v1/payments/refund": (401, 404, 403, 200, 200, 200),
    "POST /v1/escrow/step": (401, 404, 202, 202, 404, 404),
}
BODIES = {
    "POST /v1/orders": '{"listing_id": "{listing_id}"}',
    "POST /v1/payments/capture": '{"order_id": "{order_id}"}',
    "POST /v1/payments/refund": '{"order_id": "{order_id}"}',
    "POST /v1/escrow/step": '{"escrow_id": "{escrow_id}", "step": "payment_made", "result": "ok"}',
}
REFUSED = (401, 403, 404, 409)


def test_every_route_of_money_has_a_row_and_every_row_a_route() -> None:
    routes = {f"{method.upper()} {route}" for route, methods in api_routes("orders.") for method in methods}

    assert routes == set(MATRIX)


@pytest.mark.parametrize("row", MATRIX)
def test_each_caller_gets_what_is_theirs_and_a_refusal_changes_nothing(
    row: str,
    paid: Order,
    listing: Listing,
    buyer: User,
    seller: User,
    stranger: User,
    moderator: User,
    administrator: User,
    signed_in: Callable[..., APIClient],
) -> None:
    order = accepting.accept(seller, paid.pk)
    people = dict(zip(CALLERS[1:], (stranger, buyer, seller, moderator, administrator), strict=True))
    method, route = row.split(" ")
    sent = BODIES.get(row, "{}")
    things = {"order_id": order.pk, "escrow_id": paid.escrow.pk, "listing_id": listing.pk, "user_id": buyer.pk}
    for name, key in things.items():
        route = route.replace(f"<uuid:{name}>", str(key))
        sent = sent.replace(f"{{{name}}}", str(key))
    before = state_of_everything(order)

    for caller, wanted in zip(CALLERS, MATRIX[row], strict=True):
        client = APIClient() if caller == "anonymous" else signed_in(people[caller])
        with undone():
            reply = client.generic(method, route, sent, content_type="application/json")

            assert (caller, reply.status_code) == (caller, wanted), reply.content
            if method == "GET" or reply.status_code in REFUSED:
                assert state_of_everything(order) == before


def state_of_everything(order: Order) -> tuple[object, ...]:
    row = Order.objects.values("state", "status", "version", "release_cents", "proof").get(pk=order.pk)
    piece = Listing.objects.values("reserved", "sold", "quantity").get(pk=order.listing_id)
    return (
        row,
        piece,
        order.events.count(),
        list(Operation.objects.order_by("pk").values_list("key", "state")),
        list(Account.objects.order_by("code").values_list("code", "balance")),
        Order.objects.count(),
    )
