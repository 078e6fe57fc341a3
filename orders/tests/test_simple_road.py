"""The flow of the campus apps' own example, back to back, without waiting for anybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db.models import Sum
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from orders.models import Order, Posting
from orders.tests.conftest import PRICE

pytestmark = pytest.mark.django_db


def test_seed_flow_ends_completed_with_the_seller_credited_once(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, listing: Listing
) -> None:
    client = signed_in(buyer)

    ordered = client.post("/v1/orders", {"listing_id": str(listing.pk), "quantity": 1})
    assert (ordered.status_code, ordered.json()["status"]) == (201, "created")
    address = f"/v1/orders/{ordered.json()['id']}"
    paid = client.post(f"{address}/pay")
    assert paid.status_code == 202
    escrow_id = paid.json()["escrow_id"]
    assert len(escrow_id) == 36
    step = {"escrow_id": escrow_id, "order_id": ordered.json()["id"], "step": "payment_made", "result": "ok"}
    assert client.post("/v1/escrow/step", step).status_code == 202
    captured = client.post("/v1/payments/capture", {"order_id": ordered.json()["id"], "provider_ref": "TESTPROV-1"})
    assert (captured.status_code, captured.json()) == (200, {"captured": True})
    assert client.get(address).json()["status"] == "paid"
    completed = client.post(f"{address}/complete")
    assert (completed.status_code, completed.json()["status"]) == (200, "completed")

    order = Order.objects.get()
    assert order.escrow_status == "released"
    credited = Posting.objects.filter(account__code=f"seller:{seller.pk}", amount__gt=0)
    assert credited.aggregate(sum=Sum("amount"))["sum"] == PRICE
    assert credited.count() == 1
    listing.refresh_from_db()
    assert (listing.reserved, listing.sold, listing.state) == (0, 1, "sold")
