"""The campus contract, §7 and §11, disputes: who opens one, who sees it, and how the two end it themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.common.models import OutboxEvent
from orders import ledger
from orders.lifecycle import State
from orders.models import Dispute, DisputeStatement, Order
from orders.tests.conftest import PRICE
from orders.tests.parties import accept, all_of, at_once, complete, fresh, pay, ship

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]


def opened(client: APIClient, order: Order, raised_by: str = "buyer", reason: str | None = "It does not start") -> Any:
    return client.post("/v1/disputes/open", {"order_id": str(order.pk), "raised_by": raised_by, "reason": reason})


@pytest.mark.parametrize("path", ["/v1/disputes", "/v1/disputes/open"])
def test_campus_7_a_party_opens_a_dispute_on_either_path(
    path: str, signed_in: SignIn, buyer: User, order: Order
) -> None:
    shipped = ship(order)

    reply = signed_in(buyer).post(path, {"order_id": str(order.pk), "raised_by": "buyer", "reason": "Broken"})

    assert reply.status_code == 201
    body = reply.json()
    expected = {"order_id": str(order.pk), "raised_by": "buyer", "reason": "Broken", "status": "open"}
    assert expected.items() <= body.items()
    assert body["resolved_at"] is None
    assert body["created_at"].endswith("Z")
    assert fresh(order).state == State.DISPUTED
    assert fresh(order).status == shipped.status  # the apps see what they saw
    assert OutboxEvent.objects.filter(kind="dispute.opened").count() == 1


def test_campus_7_a_reason_may_be_missing(signed_in: SignIn, seller: User, order: Order) -> None:
    ship(order)

    reply = signed_in(seller).post("/v1/disputes", {"order_id": str(order.pk), "raised_by": "seller"})

    assert (reply.status_code, reply.json()["reason"]) == (201, None)


@pytest.mark.parametrize(
    ("who", "raised_by", "status"),
    [("seller", "buyer", 403), ("buyer", "seller", 403), ("stranger", "buyer", 404), ("buyer", "courier", 422)],
)
def test_campus_7_only_that_party_may_say_so(
    who: str, raised_by: str, status: int, request: pytest.FixtureRequest, signed_in: SignIn, order: Order
) -> None:
    ship(order)
    before = all_of(order)

    reply = opened(signed_in(request.getfixturevalue(who)), order, raised_by)

    assert reply.status_code == status
    assert all_of(order) == before
    assert not Dispute.objects.exists()


def test_campus_7_an_operator_is_no_party(signed_in: SignIn, moderator: User, order: Order) -> None:
    ship(order)

    assert opened(signed_in(moderator), order).status_code == 403


def test_campus_7_there_is_one_for_each_order(signed_in: SignIn, buyer: User, seller: User, order: Order) -> None:
    ship(order)
    opened(signed_in(buyer), order)

    again, other = opened(signed_in(buyer), order), opened(signed_in(seller), order, "seller")

    assert (again.status_code, other.status_code) == (409, 409)
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize("reach", [lambda order: order, complete], ids=["unpaid", "completed"])
def test_there_is_nothing_to_dispute_before_the_money_and_after_it(
    reach: Callable[[Order], Order], signed_in: SignIn, buyer: User, order: Order
) -> None:
    reach(order)
    before = all_of(order)

    reply = opened(signed_in(buyer), order)

    assert (reply.status_code, reply.json()["code"]) == (409, "not_now")
    assert all_of(order) == before


def test_the_same_key_opens_it_once(signed_in: SignIn, buyer: User, order: Order) -> None:
    ship(order)
    client, body = signed_in(buyer), {"order_id": str(order.pk), "raised_by": "buyer"}

    replies = [client.post("/v1/disputes", body, headers={"Idempotency-Key": "once"}) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json() == replies[1].json()


def test_campus_11_open_ones_are_ones_own_and_all_for_operators(
    signed_in: SignIn, buyer: User, seller: User, stranger: User, moderator: User, order: Order
) -> None:
    ship(order)
    dispute_id = opened(signed_in(buyer), order).json()["id"]

    seen = {who: signed_in(who).get("/v1/disputes/open").json() for who in (buyer, seller, stranger, moderator)}

    assert [row["id"] for row in seen[buyer]] == [dispute_id]
    assert seen[seller] == seen[moderator] == seen[buyer]
    assert seen[stranger] == []
    signed_in(buyer).post(f"/v1/disputes/{dispute_id}/release")
    assert signed_in(moderator).get("/v1/disputes/open").json() == []


def test_the_list_asks_the_database_once_however_long_it_is(
    signed_in: SignIn, buyer: User, make_order: Callable[..., Order], django_assert_max_num_queries: Any
) -> None:
    client = signed_in(buyer)
    for _ in range(3):
        assert opened(client, accept(make_order())).status_code == 201

    with django_assert_max_num_queries(4):  # the person, their permissions, the disputes
        assert len(client.get("/v1/disputes/open").json()) == 3


def test_campus_11_of_an_order_it_is_an_object_or_null(
    signed_in: SignIn, buyer: User, seller: User, stranger: User, order: Order
) -> None:
    address = f"/v1/disputes/orders/{order.pk}"
    ship(order)
    none = signed_in(seller).get(address)
    opened(signed_in(buyer), order)

    assert (none.status_code, none.json()) == (200, None)
    assert signed_in(seller).get(address).json()["order_id"] == str(order.pk)
    assert signed_in(stranger).get(address).status_code == 404


@pytest.fixture
def dispute(order: Order, signed_in: SignIn, buyer: User) -> Dispute:
    ship(order)
    found: Dispute = Dispute.objects.get(pk=opened(signed_in(buyer), order).json()["id"])
    return found


@pytest.mark.parametrize("verb", ["get", "patch", "statements", "release", "refund", "proposals"])
def test_to_a_stranger_it_is_not_there(verb: str, signed_in: SignIn, stranger: User, dispute: Dispute) -> None:
    client, address, before = signed_in(stranger), f"/v1/disputes/{dispute.pk}", all_of(dispute.order)
    if verb in ("get", "patch"):
        reply = getattr(client, verb)(address, {"status": "resolved"} if verb == "patch" else None)
    else:
        reply = client.post(f"{address}/{verb}", {"text": "Mine", "release_cents": 0})

    assert reply.status_code == 404
    assert all_of(dispute.order) == before
    assert not DisputeStatement.objects.exists()


def test_the_buyer_lets_the_money_go(signed_in: SignIn, buyer: User, seller: User, dispute: Dispute) -> None:
    address, before = f"/v1/disputes/{dispute.pk}/release", all_of(dispute.order)
    refused = signed_in(seller).post(address)
    assert (refused.status_code, all_of(dispute.order)) == (403, before)

    replies = [signed_in(buyer).post(address) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json() == replies[1].json()
    assert (replies[0].json()["status"], replies[0].json()["release_cents"]) == ("resolved", PRICE)
    assert replies[0].json()["resolved_at"] is not None
    order = fresh(dispute.order)
    assert (order.state, order.status) == (State.COMPLETED, "completed")


def test_the_seller_gives_it_back(signed_in: SignIn, buyer: User, seller: User, dispute: Dispute) -> None:
    address, before = f"/v1/disputes/{dispute.pk}/refund", all_of(dispute.order)
    refused = signed_in(buyer).post(address)
    assert (refused.status_code, all_of(dispute.order)) == (403, before)

    reply = signed_in(seller).post(address)

    assert (reply.status_code, reply.json()["status"], reply.json()["release_cents"]) == (200, "resolved", 0)
    assert fresh(dispute.order).state == State.REFUNDED
    assert signed_in(buyer).post(f"/v1/disputes/{dispute.pk}/release").status_code == 409


def test_a_split_happens_when_both_have_signed_the_same_sum(
    signed_in: SignIn, buyer: User, seller: User, dispute: Dispute
) -> None:
    address = f"/v1/disputes/{dispute.pk}/proposals"
    cents = PRICE // 3  # an odd sum

    first = signed_in(buyer).post(address, {"release_cents": 100})
    other = signed_in(seller).post(address, {"release_cents": cents})
    assert (first.status_code, other.status_code) == (201, 201)
    assert (other.json()["buyer_proposal_cents"], other.json()["seller_proposal_cents"]) == (100, cents)
    assert fresh(dispute.order).state == State.DISPUTED
    agreed = signed_in(buyer).post(address, {"release_cents": cents})

    assert (agreed.json()["status"], agreed.json()["release_cents"]) == ("resolved", cents)
    order = fresh(dispute.order)
    assert (order.state, order.release_cents, ledger.in_escrow(order.pk)) == (State.COMPLETED, cents, 0)
    again = signed_in(seller).post(address, {"release_cents": cents})
    assert (again.status_code, again.json()) == (201, agreed.json())
    assert signed_in(seller).post(address, {"release_cents": 1}).status_code == 409


def test_a_split_in_a_currency_without_cents_is_in_whole_coins(
    signed_in: SignIn, buyer: User, seller: User, make_order: Callable[..., Order]
) -> None:
    order = ship(make_order(price_cents=1_000_00, currency="CLP"))
    dispute_id = opened(signed_in(buyer), order).json()["id"]
    address, before = f"/v1/disputes/{dispute_id}/proposals", all_of(order)

    replies = [signed_in(party).post(address, {"release_cents": 333}) for party in (buyer, seller)]
    assert [reply.status_code for reply in replies] == [422, 422]
    assert replies[0].json()["detail"][0]["loc"] == ["body", "release_cents"]
    assert all_of(order) == before

    for party in (buyer, seller):
        assert signed_in(party).post(address, {"release_cents": 333_00}).status_code == 201
    assert (fresh(order).state, fresh(order).release_cents) == (State.COMPLETED, 333_00)


def test_a_split_within_the_order_by_its_parties(
    signed_in: SignIn, buyer: User, moderator: User, dispute: Dispute
) -> None:
    address, before = f"/v1/disputes/{dispute.pk}/proposals", all_of(dispute.order)

    replies = [
        signed_in(buyer).post(address, {"release_cents": PRICE + 1}),
        signed_in(buyer).post(address, {"release_cents": -1}),
        signed_in(buyer).post(address, {}),
        signed_in(moderator).post(address, {"release_cents": 1}),
    ]

    assert [reply.status_code for reply in replies] == [422, 422, 422, 403]
    assert all_of(dispute.order) == before


@pytest.mark.parametrize(
    ("raised_by", "who", "word", "ends"),
    [
        ("buyer", "buyer", "rejected", State.COMPLETED),  # they withdraw
        ("buyer", "buyer", "resolved", State.COMPLETED),  # the seller has mended it
        ("buyer", "seller", "resolved", State.REFUNDED),  # they grant it
        ("buyer", "seller", "rejected", None),  # that would take
        ("seller", "seller", "rejected", State.REFUNDED),
        ("seller", "seller", "resolved", None),  # paid elsewhere, or given up? not to be guessed
        ("seller", "buyer", "resolved", State.COMPLETED),
        ("seller", "buyer", "rejected", None),
    ],
)
def test_campus_11_a_party_changes_it_only_in_the_amicable_ways(
    raised_by: str, who: str, word: str, ends: State | None, signed_in: SignIn, buyer: User, seller: User, order: Order
) -> None:
    people = {"buyer": buyer, "seller": seller}
    ship(order)
    dispute_id = opened(signed_in(people[raised_by]), order, raised_by).json()["id"]
    before = all_of(order)

    reply = signed_in(people[who]).patch(f"/v1/disputes/{dispute_id}", {"status": word, "comment": "As we said"})

    if ends is None:
        assert (reply.status_code, all_of(order)) == (403, before)
        assert not DisputeStatement.objects.exists()
    else:
        assert (reply.status_code, reply.json()["status"]) == (200, word)
        assert fresh(order).state == ends
        assert DisputeStatement.objects.get().text == "As we said"


def test_campus_11_open_only_talks_and_nothing_opens_again(signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    client, address, before = signed_in(buyer), f"/v1/disputes/{dispute.pk}", all_of(dispute.order)

    talked = client.patch(address, {"status": "open", "comment": "Still waiting"})
    assert (talked.status_code, talked.json()["status"], all_of(dispute.order)) == (200, "open", before)
    client.patch(address, {"status": "rejected"})

    assert client.patch(address, {"status": "open"}).status_code == 409
    assert client.patch(address, {"status": "maybe"}).status_code == 422
    assert DisputeStatement.objects.count() == 1


def test_a_moderator_decides_elsewhere_with_a_reason(signed_in: SignIn, moderator: User, dispute: Dispute) -> None:
    before = all_of(dispute.order)

    reply = signed_in(moderator).patch(f"/v1/disputes/{dispute.pk}", {"status": "resolved"})

    assert (reply.status_code, all_of(dispute.order)) == (403, before)


@pytest.mark.django_db(transaction=True)
def test_T23_of_many_at_once_one_opens_it(signed_in: SignIn, buyer: User, order: Order) -> None:
    pay(order)
    clients = [signed_in(buyer) for _ in range(10)]

    replies = at_once([lambda c=client: opened(c, order) for client in clients])  # type: ignore[misc]

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 9
    assert fresh(order).events.filter(step="dispute").count() == 1


@pytest.mark.django_db(transaction=True)
def test_giving_in_on_both_sides_at_once_has_one_winner(
    signed_in: SignIn, buyer: User, seller: User, dispute: Dispute
) -> None:
    address = f"/v1/disputes/{dispute.pk}"
    ours, theirs = signed_in(buyer), signed_in(seller)

    replies = at_once([lambda: ours.post(f"{address}/release"), lambda: theirs.post(f"{address}/refund")])

    assert sorted(reply.status_code for reply in replies) == [200, 409]
    order = fresh(dispute.order)
    assert order.is_over
    assert ledger.in_escrow(order.pk) == 0


def test_T15_who_is_staff_no_more_reads_no_disputes_of_others(
    signed_in: SignIn, buyer: User, moderator: User, order: Order
) -> None:
    """The group may be left later, and by other hands."""
    ship(order)
    dispute = opened(signed_in(buyer), order).json()["id"]
    client = signed_in(moderator)
    assert len(client.get("/v1/disputes/open").json()) == 1
    User.objects.filter(pk=moderator.pk).update(is_staff=False)
    assert User.objects.get(pk=moderator.pk).has_perm("orders.operate_order")

    assert client.get("/v1/disputes/open").json() == []
    for more in ("", "/statements", "/evidence"):
        assert client.get(f"/v1/disputes/{dispute}{more}").status_code == 404
