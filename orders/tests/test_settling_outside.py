"""The buyer has their money in another way than by our asking: the books say so, and the order ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from accounts.models import User
from marketplace.common.errors import InvalidInput
from marketplace.common.models import AuditEntry
from orders.lifecycle import Party, Step
from orders.models import InboxEvent, Operation, Order, SimulatorFault, SimulatorRecord, SimulatorWebhook
from orders.providers.base import WebhookRef
from orders.providers.simulator import book
from orders.services import answers, ending, handing_over, inbox, operating, operations, paying, settling_outside
from orders.services.auditing import auditing
from orders.services.auditing.chain import broken_steps_of
from orders.services.errors import NotYourStep
from orders.services.moving import By, lock, move
from orders.services.operating import SettleFirst
from orders.services.settling_outside import NothingToSettle, StillUnderWay, settle_outside
from orders.tests.aftermath import told
from orders.tests.conftest import PRICE
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has, settled

pytestmark = pytest.mark.django_db
WHY = "the bank's letter of 3 May"


@pytest.fixture
def captured(buyer: User, paid: Order) -> Order:
    paying.capture(buyer, paid.pk)
    paid.refresh_from_db()
    return paid


@pytest.fixture
def taken_back(captured: Order) -> Order:
    book.charge_back(str(captured.pk))
    return told(captured)


def told_again(order: Order) -> Order:
    for notice in SimulatorWebhook.objects.filter(order_id=str(order.pk), kind__startswith="chargeback"):
        again = WebhookRef(f"{notice.pk} again", notice.kind, notice.operation_id, notice.reference)
        inbox.receive("simulator", again)
    return settled(order)


def is_taken_back_in_part(order: Order, cents: int) -> Order:
    book.charge_back(str(order.pk), cents=cents)
    return told(order)


def is_sound(order: Order) -> bool:
    order.refresh_from_db()
    assert auditing.run().findings == []
    return books_balance() and not broken_steps_of(order.pk)


def ends(order: Order) -> tuple[str, str, int]:
    settled(order)
    return order.state, order.hold.state, balance(f"escrow:{order.pk}")


ENDED = ("refunded", "released", 0)


# ── The bank took it back before the payout ──────────────────────────────────────────────────────


def test_a_quarantine_is_not_lifted_before_what_the_bank_took_is_settled(
    buyer: User, moderator: User, taken_back: Order
) -> None:
    assert taken_back.quarantined_at is not None
    with pytest.raises(SettleFirst):
        operating.lift_quarantine(moderator, taken_back.pk, reason="let it go on")

    taken_back.refresh_from_db()
    assert (taken_back.quarantined_at is not None, taken_back.state) == (True, "funded")


def test_what_the_bank_took_is_settled_and_never_paid_again(moderator: User, taken_back: Order) -> None:
    settle_outside(moderator, taken_back.pk, reason=WHY)

    assert ends(taken_back) == ENDED
    there = provider_has(taken_back)
    assert (there.refunded, there.transferred, there.charged_back) == (0, 0, PRICE)
    assert (taken_back.quarantined_at, taken_back.needs_attention) == (None, "")
    assert is_sound(taken_back)
    step = taken_back.events.get(step="book")
    assert (step.actor, step.reason, step.facts["done_cents"]) == (moderator, WHY, PRICE)
    assert AuditEntry.objects.get(action="order.settled_outside").reason == WHY


def test_told_again_after_it_was_settled_it_is_known(moderator: User, seller: User, taken_back: Order) -> None:
    settle_outside(moderator, taken_back.pk, reason=WHY)

    told_again(taken_back)

    assert (taken_back.quarantined_at, balance(f"clawback:{seller.pk}"), balance("expense.chargeback")) == (None, 0, 0)
    assert is_sound(taken_back)


def test_told_again_while_it_waits_it_is_noted_once(taken_back: Order) -> None:
    since = taken_back.quarantined_at
    told_again(taken_back)
    assert taken_back.events.filter(step="charge_back").count() == 1
    assert taken_back.quarantined_at == since


def test_it_is_remembered_also_of_an_order_that_was_stopped_before(moderator: User, captured: Order) -> None:
    answers.quarantine(captured, "odd")
    book.charge_back(str(captured.pk))
    told(captured)
    InboxEvent.objects.all().delete()
    with pytest.raises(SettleFirst):
        operating.lift_quarantine(moderator, captured.pk, reason="it was not")


@pytest.mark.parametrize("where", ["funded", "handed_over", "disputed", "settling"])
def test_from_wherever_it_stands(buyer: User, seller: User, moderator: User, captured: Order, where: str) -> None:
    if where == "handed_over":
        handing_over.ship(seller, captured.pk)
    elif where == "disputed":
        move(lock(captured.pk), Step.DISPUTE, by=By(Party.BUYER, buyer))
    elif where == "settling":
        move(lock(captured.pk), Step.CONFIRM, by=By(Party.BUYER, buyer))  # and the payout has not been asked for
    book.charge_back(str(captured.pk))
    told(captured)
    assert captured.state == where

    settle_outside(moderator, captured.pk, reason=WHY)

    assert ends(captured) == ENDED
    assert is_sound(captured)


def test_what_the_bank_left_goes_back_by_itself(moderator: User, captured: Order) -> None:
    is_taken_back_in_part(captured, 1_000)

    settle_outside(moderator, captured.pk, reason=WHY)
    with pytest.raises(NothingToSettle):
        settle_outside(moderator, captured.pk, reason="pressed twice")
    hurry(captured)

    assert ends(captured) == ENDED
    assert provider_has(captured).refunded == PRICE - 1_000
    assert is_sound(captured)


def test_it_stays_stopped_until_each_part_that_the_bank_took_is_settled(moderator: User, captured: Order) -> None:
    for cents in (1_000, 2_000):
        book.charge_back(str(captured.pk), cents=cents)
    told(captured)
    assert captured.events.filter(step="charge_back").count() == 2

    settle_outside(moderator, captured.pk, reason=WHY)
    hurry(captured)
    settled(captured)

    assert captured.quarantined_at is not None
    assert provider_has(captured).refunded == 0
    with pytest.raises(SettleFirst):
        operating.lift_quarantine(moderator, captured.pk, reason="one of them is settled")
    settle_outside(moderator, captured.pk, reason=WHY)
    hurry(captured)
    assert ends(captured) == ENDED
    assert (provider_has(captured).refunded, captured.needs_attention) == (PRICE - 3_000, "")
    assert is_sound(captured)


@pytest.mark.usefixtures("with_a_fee")
def test_of_a_decided_order_the_seller_gets_what_the_bank_left(buyer: User, moderator: User, order: Order) -> None:
    paying.pay(buyer, order.pk)
    settled(order)
    paying.capture(buyer, order.pk)
    settled(order)
    move(lock(order.pk), Step.CONFIRM, by=By(Party.BUYER, buyer))
    is_taken_back_in_part(order, 1_000)

    settle_outside(moderator, order.pk, reason=WHY)

    assert ends(order) == ("completed", "consumed", 0)
    assert order.release_cents == PRICE - 1_000
    assert is_sound(order)


def test_what_the_bank_took_after_a_refund_we_bear(buyer: User, seller: User, captured: Order) -> None:
    ending.cancel(buyer, captured.pk)
    assert settled(captured).state == "refunded"
    book.charge_back(str(captured.pk))
    told(captured)
    told_again(captured)

    assert (captured.quarantined_at, balance("expense.chargeback")) == (None, -PRICE)
    assert balance(f"clawback:{seller.pk}") == 0
    assert "charged back" in captured.needs_attention
    assert is_sound(captured)


def test_what_was_refunded_before_anybody_knew_of_the_bank_we_bear(
    buyer: User, moderator: User, captured: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "drive", lambda order_id: None)
    SimulatorFault.objects.create(fault="timeout_after", kind="refund", order_id=str(captured.pk))
    ending.cancel(buyer, captured.pk)
    settled(captured)
    assert captured.operations.get(kind="refund").state == "unknown"
    book.charge_back(str(captured.pk))
    told(captured)

    settle_outside(moderator, captured.pk, reason=WHY)

    assert ends(captured) == ENDED
    assert balance("expense.chargeback") == -PRICE
    assert is_sound(captured)


# ── Somebody refunded it by hand ─────────────────────────────────────────────────────────────────


@pytest.fixture
def refused(buyer: User, captured: Order) -> Order:
    """Called off, and the provider will not give it back: somebody has done so by hand, or must."""
    misbehave(captured, "refused")
    ending.cancel(buyer, captured.pk)
    settled(captured)
    assert (captured.state, captured.operations.filter(kind="refund", state="failed").count()) == ("settling", 1)
    return captured


@pytest.mark.parametrize("is_shown", [True, False])
def test_an_order_whose_refund_is_refused_ends_when_it_was_settled_by_hand(
    moderator: User, refused: Order, is_shown: bool
) -> None:
    if is_shown:
        made = SimulatorRecord.objects.get(order_id=str(refused.pk), kind="capture")
        made.pk, made.key, made.kind, made._state.adding = None, "by hand", "refund", True
        made.id = refused.pk
        made.save()

    settle_outside(moderator, refused.pk, reason=WHY)
    hurry(refused)

    assert ends(refused) == ENDED
    assert refused.operations.filter(kind="refund", state="succeeded").count() == 1
    assert is_sound(refused)
    with pytest.raises(NothingToSettle):
        settle_outside(moderator, refused.pk, reason="once more")


def test_a_bank_that_takes_back_what_was_settled_by_hand_is_somebodys_work(moderator: User, refused: Order) -> None:
    settle_outside(moderator, refused.pk, reason=WHY)
    book.charge_back(str(refused.pk))
    told(refused)

    assert "settled outside?" in refused.needs_attention
    assert balance("expense.chargeback") == 0


def test_what_a_bank_takes_beyond_what_was_settled_by_hand_is_owed_by_the_seller(
    moderator: User, disputed: Order
) -> None:
    SimulatorFault.objects.create(fault="refused", kind="refund", order_id=str(disputed.pk))
    operating.resolve(moderator, disputed.pk, release_cents=PRICE - 40_000, reason="a part")
    assert settled(disputed).state == "settling"
    settle_outside(moderator, disputed.pk, reason=WHY)
    assert settled(disputed).state == "completed"

    book.charge_back(str(disputed.pk))
    told(disputed)
    told_again(disputed)

    assert "40000 of it what was settled outside?" in disputed.needs_attention
    assert balance(f"clawback:{disputed.seller_id}") == 40_000 - PRICE
    assert books_balance()
    assert auditing.run().findings == []


def test_only_what_is_stopped_or_refused_and_only_by_an_operator_who_says_why(
    buyer: User, seller: User, moderator: User, captured: Order
) -> None:
    with pytest.raises(NothingToSettle):
        settle_outside(moderator, captured.pk, reason=WHY)
    answers.quarantine(captured, "odd")
    for actor, reason, refusal in ((moderator, " ", InvalidInput), (seller, WHY, NotYourStep)):
        with pytest.raises(refusal):
            settle_outside(actor, captured.pk, reason=reason)
    assert Order.objects.get(pk=captured.pk).state == "funded"


def test_what_was_never_taken_is_not_settled(moderator: User, paid: Order) -> None:
    answers.quarantine(paid, "odd")
    with pytest.raises(NothingToSettle):
        settle_outside(moderator, paid.pk, reason=WHY)


# ── What may be under way ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asked(buyer: User, captured: Order, monkeypatch: pytest.MonkeyPatch) -> Operation:
    monkeypatch.setattr(operations, "drive", lambda order_id: None)
    ending.cancel(buyer, captured.pk)
    answers.quarantine(captured, "odd")
    operation: Operation = captured.operations.get(kind="refund")
    return operation


def test_while_somebody_asks_the_provider_nothing_is_settled(moderator: User, asked: Operation) -> None:
    Operation.objects.filter(pk=asked.pk).update(state="sent")
    with pytest.raises(StillUnderWay):
        settle_outside(moderator, asked.order_id, reason=WHY)
    asked.refresh_from_db()
    assert (asked.state, asked.order.state) == ("sent", "settling")


def test_what_the_provider_has_not_seen_may_come_for_an_hour(moderator: User, asked: Operation) -> None:
    Operation.objects.filter(pk=asked.pk).update(state="unknown")
    with pytest.raises(StillUnderWay):
        settle_outside(moderator, asked.order_id, reason=WHY)

    Order.objects.update(quarantined_at=Now() - timedelta(minutes=61))
    settle_outside(moderator, asked.order_id, reason=WHY)

    asked.refresh_from_db()
    assert (asked.state, asked.failure) == ("failed", "withdrawn")
    assert ends(Order.objects.get(pk=asked.order_id)) == ENDED


def test_what_the_provider_has_done_is_not_settled_once_more(moderator: User, asked: Operation) -> None:
    Operation.objects.filter(pk=asked.pk).update(state="unknown")
    book.perform(operations.request_for(asked))
    with pytest.raises(NothingToSettle):
        settle_outside(moderator, asked.order_id, reason=WHY)

    operating.lift_quarantine(moderator, asked.order_id, reason="it was done")
    order = Order.objects.get(pk=asked.order_id)
    assert ends(order) == ENDED
    assert order.operations.filter(kind="refund").count() == 1


# ── The door ─────────────────────────────────────────────────────────────────────────────────────


def test_it_is_offered_and_done_in_the_admin(
    in_admin: Callable[[User], Client], moderator: User, taken_back: Order
) -> None:
    desk, page = in_admin(moderator), reverse("admin:orders_order_change", args=[taken_back.pk])
    lift, settle = (
        reverse("admin:orders_order_decide", args=[taken_back.pk, name])
        for name in ("lift-quarantine", "settle-outside")
    )
    assert settle in desk.get(page).content.decode()
    told = desk.post(lift, {"reason": "let it go on"}, follow=True).content.decode()
    assert "settle that outside first" in told
    assert Order.objects.get().quarantined_at is not None

    assert desk.post(settle, {"reason": WHY}).status_code == 302

    assert ends(taken_back) == ENDED
    assert settle not in desk.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_while_the_provider_is_asked_nothing_of_the_order_is_locked(
    in_admin: Callable[[User], Client], moderator: User, taken_back: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, ask = [], settling_outside.what_became_of

    def asked(order_id: UUID) -> dict[UUID, Any]:
        seen.append(connection.in_atomic_block)
        return dict(ask(order_id))

    monkeypatch.setattr(settling_outside, "what_became_of", asked)
    settle = reverse("admin:orders_order_decide", args=[taken_back.pk, "settle-outside"])
    assert in_admin(moderator).post(settle, {"reason": WHY}).status_code == 302
    assert seen == [False]
    assert ends(taken_back) == ENDED
