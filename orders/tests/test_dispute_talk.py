"""What is said in a dispute, when an operator must look, and what becomes of one that nobody decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.common.models import OutboxEvent
from orders.lifecycle import Party, State
from orders.models import Deadline, Dispute, DisputeStatement, Order
from orders.services import deadlines
from orders.services.disputes import opening, settling, talking
from orders.services.disputes.bundle import gather
from orders.services.disputes.escalating import ANSWER, NEGOTIATION
from orders.tests.conftest import PRICE
from orders.tests.parties import accept, let_run_out, ship

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]


@pytest.fixture
def dispute(buyer: User, order: Order) -> Dispute:
    ship(order)
    return opening.open_dispute(buyer, order.pk, raised_by=Party.BUYER, reason="Broken")


def test_parties_and_operators_speak_and_everybody_reads_it_in_order(
    signed_in: SignIn, buyer: User, seller: User, moderator: User, dispute: Dispute
) -> None:
    address = f"/v1/disputes/{dispute.pk}/statements"
    for who in (seller, buyer, moderator):
        reply = signed_in(who).post(address, {"text": f"This is {who.username}"})
        assert reply.status_code == 201, reply.content

    read = signed_in(buyer).get(address).json()

    assert [row["party"] for row in read] == ["seller", "buyer", "operator"]
    assert read[0]["text"] == "This is seller"
    assert signed_in(buyer).post(address, {"text": ""}).status_code == 422


def test_after_the_end_nothing_more_is_said(signed_in: SignIn, buyer: User, dispute: Dispute) -> None:
    settling.release(buyer, dispute.pk)

    reply = signed_in(buyer).post(f"/v1/disputes/{dispute.pk}/statements", {"text": "But"})

    assert (reply.status_code, reply.json()["code"]) == (409, "dispute_closed")
    assert not DisputeStatement.objects.exists()


@pytest.mark.parametrize("statement", ["UPDATE orders_disputestatement SET text = 'x'", "DELETE FROM orders_dispute"])
def test_what_was_said_stays_said(statement: str, buyer: User, dispute: Dispute) -> None:
    talking.state(buyer, dispute.pk, "First")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_silence_for_three_days_calls_an_operator(dispute: Dispute) -> None:
    let_run_out(dispute.order, ANSWER)

    dispute.refresh_from_db()
    assert dispute.escalated_at is not None
    assert OutboxEvent.objects.get(kind="dispute.escalated").payload["why"] == "no_answer"


def test_an_answer_keeps_it_between_the_two_for_a_week(buyer: User, seller: User, dispute: Dispute) -> None:
    talking.state(buyer, dispute.pk, "Hello?")  # not the other side's
    talking.state(seller, dispute.pk, "I will look")

    let_run_out(dispute.order, ANSWER)
    assert not Dispute.objects.filter(escalated_at__isnull=False).exists()
    let_run_out(dispute.order, NEGOTIATION)
    assert Dispute.objects.filter(escalated_at__isnull=False).exists()
    assert not Deadline.objects.filter(order=dispute.order, kind=NEGOTIATION).exists()


def test_an_end_takes_its_deadlines_along_and_leaves_the_queue(buyer: User, dispute: Dispute) -> None:
    let_run_out(dispute.order, ANSWER)

    settling.release(buyer, dispute.pk)

    assert not Deadline.objects.filter(order=dispute.order).exists()
    assert not Dispute.objects.open().exists()


@pytest.mark.parametrize(
    ("raised_by", "buyer_speaks", "ends", "status"),
    [
        (Party.SELLER, False, State.COMPLETED, "resolved"),
        (Party.SELLER, True, State.REFUNDED, "rejected"),
        (Party.BUYER, False, State.REFUNDED, "resolved"),
    ],
)
def test_M16_a_claimed_hand_over_pays_the_seller_only_where_the_buyer_never_answered(
    raised_by: Party, buyer_speaks: bool, ends: State, status: str, buyer: User, seller: User, order: Order
) -> None:
    ship(order)
    raiser = buyer if raised_by == Party.BUYER else seller
    dispute = opening.open_dispute(raiser, order.pk, raised_by=raised_by)
    if buyer_speaks:
        talking.state(buyer, dispute.pk, "I never got it")

    after = let_run_out(order)

    assert after.state == ends
    assert Dispute.objects.get().status == status


def test_M16_a_sum_named_is_an_answer_too(buyer: User, seller: User, order: Order) -> None:
    ship(order)
    dispute = opening.open_dispute(seller, order.pk, raised_by=Party.SELLER)
    settling.propose(buyer, dispute.pk, 1)

    assert let_run_out(order).state == State.REFUNDED


def test_M16_without_a_hand_over_the_buyer_gets_everything_back(seller: User, order: Order) -> None:
    accept(order)
    opening.open_dispute(seller, order.pk, raised_by=Party.SELLER)

    assert let_run_out(order).state == State.REFUNDED


def test_the_three_clocks_run_from_the_opening(dispute: Dispute) -> None:
    days = {
        kind: round((due - dispute.created_at).total_seconds() / 86_400, 2)
        for kind, due in Deadline.objects.filter(order=dispute.order, order_version__gt=0).values_list("kind", "due_at")
    }

    assert days == {ANSWER: 3, NEGOTIATION: 7, deadlines.TIMEOUT: 14}


def test_an_operator_gets_all_there_is_in_one_piece(buyer: User, dispute: Dispute) -> None:
    talking.state(buyer, dispute.pk, "See the scratch")

    bundle = gather(Dispute.objects.select_related("order").get(pk=dispute.pk))

    assert bundle["listing_as_bought"]["title"] == "Calculadora"
    assert bundle["order"]["total_cents"] == PRICE
    assert [row["text"] for row in bundle["statements"]] == ["See the scratch"]
    assert [row["step"] for row in bundle["events"]][-1] == "dispute"
    assert all(len(row["hash"]) == 64 for row in bundle["events"])
    assert all(sum(leg["cents"] for leg in row["postings"]) == 0 for row in bundle["bookings"])
    assert bundle["bookings"]
