"""T12 and T13 for money: every route, for everybody in every part. A new route of `orders` without a row here fails."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from marketplace.common.ids import uuid7
from marketplace.common.storage import get_store
from marketplace.tests.routes import api_routes, undone
from orders.lifecycle import Party
from orders.models import (
    Account,
    Dispute,
    DisputeEvidence,
    Offer,
    Operation,
    Order,
    Review,
    SellerTerms,
    SimulatorFault,
)
from orders.services import accepting, offering, operations, paying
from orders.services.disputes import opening

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
    "GET /v1/orders/<uuid:order_id>/handover-code": (401, 404, 200, 403, 403, 403),
    "POST /v1/orders/<uuid:order_id>/hand-over": (401, 404, 403, 400, 403, 403),  # a wrong code
    "GET /v1/orders/<uuid:order_id>/receipt": (401, 404, 409, 409, 409, 409),
    "POST /v1/receipts/verify": (422, 422, 422, 422, 422, 422),
    "GET /v1/receipts/key": (200, 200, 200, 200, 200, 200),
    "POST /v1/reviews": (401, 404, 409, 409, 404, 404),
    "GET /v1/reviews/orders/<uuid:order_id>": (401, 404, 200, 200, 200, 200),
    "POST /v1/reviews/orders/<uuid:order_id>": (401, 404, 409, 409, 404, 404),
    "GET /v1/reviews/users/<uuid:user_id>": (401, 200, 200, 200, 200, 200),
    "GET /v1/users/<uuid:user_id>/rating": (401, 200, 200, 200, 200, 200),
    "GET /v1/users/me/selling": (401, 200, 200, 200, 200, 200),
    "PATCH /v1/users/me/selling": (401, 200, 200, 200, 200, 200),
    # Another order of the same two, about which the buyer has opened a dispute
    "POST /v1/disputes": (401, 404, 201, 403, 403, 403),
    "GET /v1/disputes/open": (401, 200, 200, 200, 200, 200),
    "POST /v1/disputes/open": (401, 404, 201, 403, 403, 403),
    "GET /v1/disputes/orders/<uuid:order_id>": (401, 404, 200, 200, 200, 200),
    "GET /v1/disputes/<uuid:dispute_id>": (401, 404, 200, 200, 200, 200),
    "PATCH /v1/disputes/<uuid:dispute_id>": (401, 404, 200, 200, 403, 403),
    "POST /v1/disputes/<uuid:dispute_id>/release": (401, 404, 200, 403, 403, 403),
    "POST /v1/disputes/<uuid:dispute_id>/refund": (401, 404, 403, 200, 403, 403),
    "POST /v1/disputes/<uuid:dispute_id>/proposals": (401, 404, 201, 201, 403, 403),
    "GET /v1/disputes/<uuid:dispute_id>/statements": (401, 404, 200, 200, 200, 200),
    "POST /v1/disputes/<uuid:dispute_id>/statements": (401, 404, 201, 201, 201, 201),
    "GET /v1/disputes/<uuid:dispute_id>/evidence": (401, 404, 200, 200, 200, 200),
    "POST /v1/disputes/<uuid:dispute_id>/evidence": (401, 404, 409, 409, 409, 409),  # nothing was uploaded
    "POST /v1/disputes/<uuid:dispute_id>/evidence/presign": (401, 404, 201, 201, 201, 201),
    "GET /v1/disputes/<uuid:dispute_id>/evidence/<uuid:evidence_id>": (401, 404, 200, 200, 200, 200),
    # An offer that the buyer has made to the seller
    "POST /v1/listings/<uuid:listing_id>/offers": (401, 201, 409, 400, 201, 201),
    "GET /v1/offers": (401, 200, 200, 200, 200, 200),
    "GET /v1/offers/<uuid:offer_id>": (401, 404, 200, 200, 404, 404),
    "POST /v1/offers/<uuid:offer_id>/counter": (401, 404, 403, 201, 404, 404),
    "POST /v1/offers/<uuid:offer_id>/accept": (401, 404, 403, 200, 404, 404),
    "POST /v1/offers/<uuid:offer_id>/decline": (401, 404, 403, 200, 404, 404),
    "POST /v1/offers/<uuid:offer_id>/withdraw": (401, 404, 200, 403, 404, 404),
    # Of providers, which say who they are by a signature (the matrix names none); and where buyers play their own bank
    "POST /v1/webhooks/<str:provider>": (404, 404, 404, 404, 404, 404),
    "POST /v1/practice/orders/<uuid:order_id>/confirm": (401, 404, 409, 403, 403, 403),
    "POST /v1/practice/orders/<uuid:order_id>/fault": (401, 404, 200, 403, 403, 403),
}
BODIES = {
    "POST /v1/disputes": '{"order_id": "{order_id}", "raised_by": "buyer"}',
    "POST /v1/disputes/open": '{"order_id": "{order_id}", "raised_by": "buyer"}',
    "PATCH /v1/disputes/<uuid:dispute_id>": '{"status": "resolved"}',
    "POST /v1/disputes/<uuid:dispute_id>/proposals": '{"release_cents": 1}',
    "POST /v1/disputes/<uuid:dispute_id>/statements": '{"text": "Well"}',
    "POST /v1/disputes/<uuid:dispute_id>/evidence": '{"object_key": "disputes/{dispute_id}/{dispute_id}.jpg"}',
    "POST /v1/disputes/<uuid:dispute_id>/evidence/presign": '{"filename": "a.jpg", "content_type": "image/jpeg"}',
    "POST /v1/reviews": '{"order_id": "{order_id}", "ratee_id": "{seller_id}", "rating": 5}',
    "POST /v1/reviews/orders/<uuid:order_id>": '{"rating": 5}',
    "POST /v1/orders/<uuid:order_id>/hand-over": '{"code": "12345678"}',
    "POST /v1/listings/<uuid:listing_id>/offers": '{"price_cents": 1}',
    "POST /v1/offers/<uuid:offer_id>/counter": '{"price_cents": 2}',
    "POST /v1/practice/orders/<uuid:order_id>/confirm": '{"succeeds": true}',
    "POST /v1/practice/orders/<uuid:order_id>/fault": '{"fault": "slow"}',
    "POST /v1/orders": '{"listing_id": "{listing_id}"}',
    "POST /v1/payments/capture": '{"order_id": "{order_id}"}',
    "POST /v1/payments/refund": '{"order_id": "{order_id}", "reason": "Both asked for it"}',
    "POST /v1/orders/<uuid:order_id>/ship": '{"reason": "I stood beside them"}',
    "POST /v1/orders/<uuid:order_id>/cancel": '{"reason": "Both asked for it"}',
    "POST /v1/escrow/step": '{"escrow_id": "{escrow_id}", "step": "payment_made", "result": "ok"}',
}
REFUSED = (400, 401, 403, 404, 409, 422)


def test_every_route_of_money_has_a_row_and_every_row_a_route() -> None:
    routes = {f"{method.upper()} {route}" for route, methods in api_routes(of="orders.") for method in methods}

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
    make_order: Callable[..., Order],
    signed_in: Callable[..., APIClient],
    settings: Settings,
    tmp_path: Path,
) -> None:
    settings.S3_ENDPOINT, settings.MEDIA_ROOT = "", tmp_path
    order = accepting.accept(seller, paid.pk)
    people = dict(zip(CALLERS[1:], (stranger, buyer, seller, moderator, administrator), strict=True))
    method, route = row.split(" ")
    sent = BODIES.get(row, "{}")
    things = {
        "order_id": order.pk,
        "escrow_id": paid.escrow.pk,
        "listing_id": listing.pk,
        "user_id": buyer.pk,
        "seller_id": seller.pk,
        **between(buyer, seller, make_order),
    }
    if row.startswith("POST /v1/listings"):
        things["listing_id"] = things["offered_id"]
    for name, key in things.items():
        route = route.replace(f"<uuid:{name}>", str(key))
        sent = sent.replace(f"{{{name}}}", str(key))
    before = state_of_everything(order)

    for caller, wanted in zip(CALLERS, MATRIX[row], strict=True):
        client = APIClient() if caller == "anonymous" else signed_in(people[caller])
        with undone():
            reply = client.generic(method, route, sent, content_type="application/json")

            list(getattr(reply, "streaming_content", ()))  # a file is open until it is read
            assert (caller, reply.status_code) == (caller, wanted), reply.content
            if method == "GET" or reply.status_code in REFUSED:
                assert state_of_everything(order) == before


def between(buyer: User, seller: User, make_order: Callable[..., Order]) -> dict[str, UUID]:
    """A dispute with a file, and an offer that waits for the seller."""
    disputed, other = make_order(), make_order(of=2)
    paying.pay(buyer, disputed.pk)
    operations.drive(disputed.pk)
    dispute = opening.open_dispute(buyer, disputed.pk, raised_by=Party.BUYER)
    key = f"disputes/{dispute.pk}/{uuid7()}.jpg"
    get_store().save(key, BytesIO(b"x"), content_type="image/jpeg")
    evidence = DisputeEvidence.objects.create(
        dispute=dispute, author=buyer, party=Party.BUYER, storage_key=key, content_type="image/jpeg", size_bytes=1
    )
    offer = offering.make(buyer, other.listing_id, price_cents=1)
    return {
        "dispute_id": dispute.pk,
        "evidence_id": evidence.pk,
        "offer_id": offer.pk,
        "offered_id": other.listing_id,
    }


def state_of_everything(order: Order) -> tuple[object, ...]:
    row = Order.objects.values("state", "status", "version", "release_cents", "proof").get(pk=order.pk)
    piece = Listing.objects.values("reserved", "sold", "quantity").get(pk=order.listing_id)
    return (
        row,
        piece,
        order.events.count(),
        list(Operation.objects.order_by("pk").values_list("key", "state")),
        list(Account.objects.order_by("code").values_list("code", "balance")),
        sorted(Order.objects.values_list("pk", "version")),
        [model.objects.count() for model in (Dispute, DisputeEvidence, Review, SellerTerms, SimulatorFault)],
        sorted(Offer.objects.values_list("pk", "state")),
    )
