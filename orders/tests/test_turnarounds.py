"""Refunds and payments that turn out otherwise, and sellers whom the provider will not pay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.errors import InvalidInput
from marketplace.common.models import AuditEntry
from orders.models import Order, SimulatorFault, SimulatorRecord
from orders.services import deadlines, ending, health, inbox, operating, paying
from orders.services.auditing import auditing
from orders.services.errors import NotYourStep
from orders.services.explaining import explain
from orders.services.moving import lock
from orders.services.operating import SellerStillOwed
from orders.services.paying_outside import NothingToPay, pay_outside
from orders.services.settling_outside import StillUnderWay, settle_outside
from orders.tests.aftermath import (
    WHY,
    Decided,
    comes_back,
    hurried,
    is_sound,
    news,
    refuses,
    says,
    states,
    succeeds_late,
    taken_back,
)
from orders.tests.conftest import PRICE
from orders.tests.money import balance, books_balance, misbehave, provider_has, settled
from orders.tests.test_settling_outside import is_taken_back_in_part

pytestmark = pytest.mark.django_db


# ── A refund that had failed succeeds ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("beyond", [0, 1])
def test_more_than_was_asked_for_is_borne_and_nothing_is_stuck(refused: Order, beyond: int) -> None:
    SimulatorRecord.objects.filter(kind="refund").update(amount_cents=PRICE + beyond)

    succeeds_late(refused)

    assert (refused.state, balance("expense.refunded_twice")) == ("refunded", -beyond)
    assert "has succeeded" in refused.needs_attention
    assert books_balance()


def test_late_beside_a_part_that_the_bank_took(moderator: User, refused: Order) -> None:
    is_taken_back_in_part(refused, 1_000)
    succeeds_late(refused)

    settle_outside(moderator, refused.pk, reason=WHY)

    assert (hurried(refused).state, balance("expense.refunded_twice")) == ("refunded", -1_000)
    assert is_sound(refused)


@pytest.mark.parametrize("is_stopped", [False, True])
def test_the_next_one_is_not_sent_again_and_given_up_when_it_cannot_arrive_any_more(
    moderator: User, disputed: Order, is_stopped: bool
) -> None:
    refuses(disputed, "refund")
    operating.resolve(moderator, disputed.pk, release_cents=PRICE - 1_000, reason="a scratch")
    settled(disputed)
    if is_stopped:  # what nobody has sent looks like an answer that was lost, after two looks
        operating.quarantine(moderator, disputed.pk, reason="asking the provider what is up")
        hurried(disputed)
    else:
        SimulatorFault.objects.create(fault="timeout_before", kind="refund", order_id=str(disputed.pk))
    hurried(disputed)
    assert states(disputed) == ["failed", "unknown"]

    succeeds_late(disputed)
    if is_stopped:
        operating.lift_quarantine(moderator, disputed.pk, reason="it was done")
    hurried(disputed)
    assert (disputed.state, provider_has(disputed).refunded) == ("settling", 1_000)

    disputed.operations.filter(kind="refund", seq=1).update(done_at=Now() - timedelta(minutes=61))
    hurried(disputed)
    assert (disputed.state, provider_has(disputed).refunded) == ("completed", 1_000)
    assert states(disputed) == ["succeeded", "failed"]
    assert health.pulse().troubles == []
    assert is_sound(disputed)


def test_one_that_we_bore_and_that_comes_back_is_no_loss_any_more(decided: Decided, disputed: Order) -> None:
    refuses(disputed, "refund")
    order = hurried(decided(PRICE - 1_000))
    succeeds_late(order)
    assert balance("expense.refunded_twice") == -1_000

    comes_back(order)

    assert balance("expense.refunded_twice") == balance(f"owed.buyer:{order.pk}") == 0
    assert "came back" in order.needs_attention
    assert is_sound(order)
    succeeds_late(order)
    assert balance("expense.refunded_twice") == -1_000


def test_one_that_fails_again_before_it_was_counted_is_asked_for_as_before(refused: Order) -> None:
    refused.operations.filter(kind="refund", seq=2).update(state="unknown", due_at=Now() + timedelta(hours=1))
    succeeds_late(refused)
    says(refused, state="failed", code="refused")

    assert (hurried(refused).state, provider_has(refused).refunded) == ("refunded", PRICE)
    assert is_sound(refused)


def test_an_answer_that_was_overtaken_makes_no_debt(refused: Order) -> None:
    refund = refused.operations.select_related("order").get(kind="refund", seq=1)
    overtaken = inbox._fetch_operations(refund)  # somebody has asked, and was told that it had failed
    assert overtaken is not None
    succeeds_late(refused)

    assert overtaken(lock(refused.pk)) is None

    assert balance(f"owed.buyer:{refused.pk}") == 0
    assert is_sound(refused)


# ── A payment that had failed holds money ────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["called off", "by the clock"])
def test_it_is_let_go_of_when_its_order_ends(buyer: User, moderator: User, order: Order, how: str) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    payment = settled(order).operations.get(kind="authorize")
    in_a_week = timezone.now() + timedelta(days=7)
    SimulatorRecord.objects.filter(key=payment.key).update(state="succeeded", code="", expires_at=in_a_week)
    inbox.receive("simulator", news(payment))
    assert settled(order).quarantined_at is not None

    if how == "called off":
        operating.call_off(moderator, order.pk, reason="they will order anew")
    operating.lift_quarantine(moderator, order.pk, reason="looked at")
    order.deadlines.update(due_at=Now())
    deadlines.ring_due()
    while outbox.deliver_due():
        pass

    assert (settled(order).is_over, provider_has(order).held) == (True, 0)
    assert order.operations.filter(kind="void", state="succeeded").count() == 1
    assert is_sound(order)


# ── A seller whom the provider will not pay ──────────────────────────────────────────────────────


@pytest.fixture
def unpaid(decided: Decided, disputed: Order) -> Order:
    refuses(disputed, "transfer", times=1_000)
    return hurried(decided(PRICE - 1_000))


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_seller_who_was_paid_by_hand_is_paid(moderator: User, unpaid: Order, is_shown: bool) -> None:
    assert (unpaid.state, "refused" in unpaid.needs_attention) == ("settling", True)
    if is_shown:
        made = SimulatorRecord.objects.filter(order_id=str(unpaid.pk), kind="capture").get()
        made.pk, made.key, made.kind, made.amount_cents, made._state.adding = (
            None,
            "by hand",
            "transfer",
            PRICE - 1_000,
            True,
        )
        made.id = unpaid.pk
        made.save()

    pay_outside(moderator, unpaid.pk, reason="by bank transfer, 3 May")

    assert (hurried(unpaid).state, unpaid.needs_attention) == ("completed", "")
    assert balance(f"escrow:{unpaid.pk}") == balance(f"seller:{unpaid.seller_id}") == 0
    assert unpaid.events.get(step="book").reason == "by bank transfer, 3 May"
    assert AuditEntry.objects.filter(action="order.seller_paid_outside").count() == 1
    assert is_sound(unpaid)
    with pytest.raises(NothingToPay):
        pay_outside(moderator, unpaid.pk, reason="pressed twice")


def test_what_they_owe_is_kept_and_only_the_rest_counts_as_paid(
    buyer: User, moderator: User, decided: Decided, make_order: Callable[..., Order], disputed: Order
) -> None:
    lost = make_order(price_cents=10_000)
    paying.pay(buyer, lost.pk)
    settled(lost)
    ending.complete(buyer, lost.pk)
    taken_back(settled(lost), 10_000)
    refuses(disputed, "transfer", times=1_000)
    order = hurried(decided(PRICE))

    pay_outside(moderator, order.pk, reason="by bank transfer")

    assert (settled(order).state, order.withheld_cents) == ("completed", 10_000)
    assert balance(f"clawback:{order.seller_id}") == 0
    assert is_sound(order)


def test_only_a_refused_payout_and_only_an_operator_who_says_why(
    moderator: User, seller: User, make_order: Callable[..., Order], unpaid: Order
) -> None:
    for actor, order, reason, refusal in (
        (moderator, make_order(), "w", NothingToPay),
        (moderator, unpaid, " ", InvalidInput),
        (seller, unpaid, "w", NotYourStep),
    ):
        with pytest.raises(refusal):
            pay_outside(actor, order.pk, reason=reason)
    unpaid.operations.filter(kind="transfer", due_at__isnull=False).update(state="sent")
    with pytest.raises(StillUnderWay):
        pay_outside(moderator, unpaid.pk, reason="w")


def test_it_is_offered_and_done_in_the_admin(
    in_admin: Callable[[User], Client], moderator: User, unpaid: Order
) -> None:
    desk, page = in_admin(moderator), reverse("admin:orders_order_change", args=[unpaid.pk])
    door = reverse("admin:orders_order_decide", args=[unpaid.pk, "pay-outside"])
    assert door in desk.get(page).content.decode()

    assert desk.post(door, {"reason": "by bank transfer"}).status_code == 302

    assert settled(unpaid).state == "completed"
    assert door not in desk.get(page).content.decode()


def test_nobody_pays_a_seller_while_the_buyer_is_owed(moderator: User, unpaid: Order) -> None:
    comes_back(unpaid)
    operating.quarantine(moderator, unpaid.pk, reason="it is")
    Order.objects.update(quarantined_at=None)  # no service does that

    with pytest.raises(operating.StillOwed):
        pay_outside(moderator, unpaid.pk, reason="by bank transfer")


@pytest.fixture
def kept(buyer: User, decided: Decided, make_order: Callable[..., Order]) -> Order:
    """What the bank took the seller has paid out of another sale, and then it turns out to be the buyer's refund."""
    order = taken_back(decided(PRICE - 50_000), 50_000)
    later = make_order(price_cents=60_000)
    paying.pay(buyer, later.pk)
    settled(later)
    ending.complete(buyer, later.pk)
    assert (settled(later).withheld_cents, balance(f"clawback:{order.seller_id}")) == (50_000, 0)
    return comes_back(order)


def test_a_seller_gets_back_what_they_paid_and_did_not_owe(
    in_admin: Callable[[User], Client], moderator: User, kept: Order
) -> None:
    assert "the seller has paid 50000 for it that they do not owe" in kept.needs_attention
    assert "gets it back" in explain(kept, kept.seller).money
    assert "gets it back" not in explain(kept, kept.buyer).money
    with pytest.raises(SellerStillOwed):
        operating.clear_attention(moderator, kept.pk, reason="looks well")
    Order.objects.filter(pk=kept.pk).update(needs_attention="")
    assert [each["question"] for each in auditing.run().findings] == ["owed"]
    Order.objects.filter(pk=kept.pk).update(needs_attention="their money")
    desk, page = in_admin(moderator), reverse("admin:orders_order_change", args=[kept.pk])
    door = reverse("admin:orders_order_decide", args=[kept.pk, "pay-outside"])
    assert door in desk.get(page).content.decode()

    assert desk.post(door, {"reason": "by bank transfer"}).status_code == 302

    assert (balance(f"clawback:{kept.seller_id}"), balance("settled_outside.seller")) == (0, 50_000)
    assert door not in desk.get(page).content.decode()
    operating.clear_attention(moderator, kept.pk, reason="they have it back")
    assert is_sound(kept)
    with pytest.raises(NothingToPay):
        pay_outside(moderator, kept.pk, reason="pressed twice")


def test_what_their_next_debt_has_used_up_is_not_given_back(
    buyer: User, moderator: User, kept: Order, make_order: Callable[..., Order]
) -> None:
    lost = make_order(price_cents=30_000)
    paying.pay(buyer, lost.pk)
    settled(lost)
    ending.complete(buyer, lost.pk)
    taken_back(settled(lost), 30_000)

    pay_outside(moderator, kept.pk, reason="by bank transfer")

    assert (balance(f"clawback:{kept.seller_id}"), balance("settled_outside.seller")) == (0, 20_000)
    assert is_sound(kept)
