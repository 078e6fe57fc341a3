"""What operators do through the doors of the parties asks for a reason and stays in the trail, as at their own desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.common import audit
from marketplace.common.models import AuditEntry
from orders.models import Order
from orders.tests.parties import accept, all_of, fresh, ship

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]
DEEDS = {
    "ship": ("/v1/orders/{order}/ship", "hand_over_witnessed", {}, ("handed_over", "operator")),
    "cancel": ("/v1/orders/{order}/cancel", "called_off", {"step": "decline"}, ("refunded", "")),
    "refund": ("/v1/payments/refund", "called_off", {"step": "decline"}, ("refunded", "")),
}


def does(client: APIClient, deed: str, order: Order, **more: Any) -> Any:
    body = {"order_id": str(order.pk)} if deed == "refund" else {}
    return client.post(DEEDS[deed][0].format(order=order.pk), {**body, **more})


@pytest.fixture
def accepted(order: Order) -> Order:
    return accept(order)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("reason", [{}, {"reason": None}, {"reason": ""}, {"reason": " \t"}])
def test_without_a_reason_an_operator_does_nothing(
    signed_in: SignIn, moderator: User, accepted: Order, deed: str, reason: dict[str, Any]
) -> None:
    before = all_of(accepted)

    reply = does(signed_in(moderator), deed, accepted, **reason)

    problem = reply.json()["detail"][0]
    assert (reply.status_code, reply.json()["code"]) == (422, "validation_error")
    assert (problem["loc"], problem["type"]) == (["body", "reason"], "missing")
    assert all_of(accepted) == before
    assert not AuditEntry.objects.filter(target_type="order").exists()


@pytest.mark.parametrize("deed", DEEDS)
def test_with_one_it_is_done_and_both_order_and_trail_say_why(
    signed_in: SignIn, moderator: User, accepted: Order, deed: str
) -> None:
    _, action, data, (state, proof) = DEEDS[deed]

    for _ in range(2):  # sent again, it is nothing new
        assert does(signed_in(moderator), deed, accepted, reason="Both were here").status_code == 200

    after = fresh(accepted)
    assert (after.state, after.proof) == (state, proof)
    assert accepted.events.get(party="operator").reason == "Both were here"
    entry = AuditEntry.objects.get(target_type="order", target_id=str(accepted.pk))
    assert (entry.action, entry.actor, entry.reason) == (f"order.{action}", moderator, "Both were here")
    assert entry.data == data


def test_neither_is_written_without_the_other(
    signed_in: SignIn, moderator: User, accepted: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", fails)
    before = all_of(accepted)
    for deed in DEEDS:
        with pytest.raises(RuntimeError):
            does(signed_in(moderator), deed, accepted, reason="x")
        assert all_of(accepted) == before


@pytest.mark.parametrize("deed", DEEDS)
def test_a_party_says_no_reason_and_leaves_no_trail(
    signed_in: SignIn, seller: User, accepted: Order, deed: str
) -> None:
    assert does(signed_in(seller), deed, accepted).status_code == 200
    assert not AuditEntry.objects.filter(target_type="order").exists()


def test_what_a_seller_sends_beside_what_is_read_still_does_not_matter(
    signed_in: SignIn, seller: User, order: Order
) -> None:
    accept(order)
    assert does(signed_in(seller), "ship", order, reason=["not", "a", "text"]).status_code == 200
    assert does(signed_in(seller), "refund", order, reason="x" * 501).status_code == 200


def test_an_operator_who_sells_is_a_seller(signed_in: SignIn, seller: User, moderator: User, order: Order) -> None:
    accept(order)
    User.objects.filter(pk=seller.pk).update(is_staff=True)
    seller.groups.set(moderator.groups.all())

    assert does(signed_in(seller), "ship", order).status_code == 200
    assert fresh(order).proof == "seller_claim"
    assert not AuditEntry.objects.filter(target_type="order").exists()


def test_the_page_of_the_order_shows_it(
    signed_in: SignIn, in_admin: Callable[[User], Any], moderator: User, accepted: Order
) -> None:
    does(signed_in(moderator), "ship", accepted, reason="I stood beside them")

    page = in_admin(moderator).get(f"/admin/orders/order/{accepted.pk}/change/")

    trail = next(each for each in page.context["story"] if each.key == "trail")
    assert [row[1:] for row in trail.rows] == [("order.hand_over_witnessed", moderator, "I stood beside them")]


def test_after_a_refusal_of_the_table_nothing_is_in_the_trail(
    signed_in: SignIn, moderator: User, buyer: User, order: Order
) -> None:
    ship(order)
    before = all_of(order)
    assert does(signed_in(moderator), "cancel", order, reason="x").status_code == 409
    assert all_of(order) == before
    assert not AuditEntry.objects.filter(target_type="order").exists()
