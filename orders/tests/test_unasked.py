"""What a buyer gets in a way that nobody here asked for: by their bank, by hand, late, or beside another refund."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.errors import InvalidInput
from marketplace.common.models import AuditEntry
from orders import ledger
from orders.lifecycle import Party
from orders.models import Operation, Order, SimulatorFault, SimulatorRecord
from orders.providers.base import WebhookRef
from orders.providers.simulator import book
from orders.services import deadlines, ending, handing_over, health, inbox, operating, operations, paying
from orders.services.auditing import auditing
from orders.services.errors import NotYourStep
from orders.services.explaining import explain
from orders.services.moving import lock
from orders.services.paying_outside import NothingToPay, pay_outside
from orders.services.settling_outside import StillUnderWay, settle_outside
from orders.tests.conftest import PRICE
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has, settled
from orders.tests.test_settling_outside import is_taken_back_in_part, told

pytestmark = pytest.mark.django_db
WHY = "the bank's letter of 3 May"
Decided = Callable[[int], Order]


@pytest.fixture
def decided(moderator: User, disputed: Order) -> Decided:
    """A dispute decided with so much for the seller; the provider does at once what it is asked."""

    def decide(release_cents: int) -> Order:
        operating.resolve(moderator, disputed.pk, release_cents=release_cents, reason="a scratch")
        return settled(disputed)

    return decide


@pytest.fixture
def refused(buyer: User, paid: Order) -> Order:
    """Called off; the provider has refused to give it back, and is asked once more in a moment."""
    paying.capture(buyer, paid.pk)
    refuses(paid, "refund")
    ending.cancel(buyer, paid.pk)
    paid.refresh_from_db()
    assert _states(paid) == ["failed", "ready"]
    return paid


def refuses(order: Order, kind: str, *, times: int = 1) -> None:
    SimulatorFault.objects.create(fault="refused", kind=kind, order_id=str(order.pk), times_left=times)


def says(order: Order, seq: int = 1, **facts: Any) -> Order:
    """What the provider now says of one of the refunds, and that it has told us to look."""
    refund = order.operations.get(kind="refund", seq=seq)
    SimulatorRecord.objects.filter(key=refund.key).update(**facts)
    inbox.receive("simulator", _news(refund))
    return settled(order)


def succeeds_late(order: Order, seq: int = 1) -> Order:
    return says(order, seq, state="succeeded", code="")


def comes_back(order: Order, seq: int = 1) -> Order:
    return says(order, seq, state="failed", code="account_closed")


def _news(refund: Operation) -> WebhookRef:
    return WebhookRef(f"news of {refund.pk} at {timezone.now()}", "refund.updated", str(refund.pk), "")


def hurried(order: Order) -> Order:
    hurry(order)
    return settled(order)


def taken_back(order: Order, *parts: int) -> Order:
    for cents in parts:
        book.charge_back(str(order.pk), cents=cents)
    return told(order)


def is_sound(order: Order) -> bool:
    order.refresh_from_db()
    assert auditing.run().findings == []
    return books_balance()


def _states(order: Order) -> list[str]:
    return list(order.operations.filter(kind="refund").order_by("seq").values_list("state", flat=True))


# ── A refund came back, and reached the buyer in another way ─────────────────────────────────────


def test_what_had_come_back_and_the_bank_gave_is_owed_no_more(buyer: User, moderator: User, paid: Order) -> None:
    paying.capture(buyer, paid.pk)
    ending.cancel(buyer, paid.pk)
    comes_back(settled(paid))
    assert balance(f"owed.buyer:{paid.pk}") == PRICE

    taken_back(paid, PRICE)

    assert balance(f"owed.buyer:{paid.pk}") == balance("expense.chargeback") == 0
    assert "still owed" not in explain(paid, buyer).money
    assert "charged back" in paid.needs_attention
    operating.clear_attention(moderator, paid.pk, reason="the bank has given it to them")
    assert is_sound(paid)


def test_of_a_part_that_had_come_back_the_seller_owes_nothing(seller: User, decided: Decided) -> None:
    order = comes_back(decided(50_000))

    taken_back(order, PRICE - 50_000)

    assert balance(f"owed.buyer:{order.pk}") == balance(f"clawback:{seller.pk}") == balance("expense.chargeback") == 0
    assert is_sound(order)


def test_the_bank_takes_what_had_come_back_and_more(seller: User, decided: Decided) -> None:
    order = comes_back(decided(50_000))

    taken_back(order, PRICE)

    assert (balance(f"owed.buyer:{order.pk}"), balance(f"clawback:{seller.pk}")) == (0, -50_000)
    assert is_sound(order)


def test_before_the_end_only_the_rest_waits_for_somebody(moderator: User, disputed: Order) -> None:
    refuses(disputed, "transfer", times=50)
    operating.resolve(moderator, disputed.pk, release_cents=1_000, reason="almost nothing")
    comes_back(settled(disputed))
    assert disputed.quarantined_at is not None

    taken_back(disputed, PRICE - 1_000)

    assert balance(f"owed.buyer:{disputed.pk}") == 0
    operating.lift_quarantine(moderator, disputed.pk, reason="the bank has given it to them")
    SimulatorFault.objects.all().delete()
    assert hurried(disputed).state == "completed"
    assert is_sound(disputed)


def test_one_refund_came_back_and_an_earlier_one_succeeds_late(refused: Order) -> None:
    hurried(refused)
    comes_back(refused, 2)
    assert (refused.state, balance(f"owed.buyer:{refused.pk}")) == ("refunded", PRICE)

    succeeds_late(refused)

    assert balance(f"owed.buyer:{refused.pk}") == balance("expense.refunded_twice") == 0
    assert is_sound(refused)


# ── The bank takes more than once ────────────────────────────────────────────────────────────────


def test_a_seller_owes_no_more_than_they_were_paid_for(seller: User, decided: Decided) -> None:
    order = taken_back(decided(50_000), 40_000, 40_000)

    assert (balance(f"clawback:{seller.pk}"), balance("expense.chargeback")) == (-50_000, -30_000)
    assert is_sound(order)


@pytest.mark.parametrize("parts", [(100_000, 100_000), (40_000,) * 5])
def test_what_was_settled_by_hand_counts_once(moderator: User, disputed: Order, parts: tuple[int, ...]) -> None:
    refuses(disputed, "refund")
    operating.resolve(moderator, disputed.pk, release_cents=PRICE - 40_000, reason="a part")
    settled(disputed)
    settle_outside(moderator, disputed.pk, reason=WHY)
    assert settled(disputed).state == "completed"

    taken_back(disputed, *parts)
    taken_back(disputed)  # told again

    assert balance(f"clawback:{disputed.seller_id}") == 40_000 - sum(parts)
    assert is_sound(disputed)


def test_negative_control_without_the_record_of_what_was_used_it_counts_for_each(
    moderator: User, disputed: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "counted_by_hand", lambda order: 0)
    refuses(disputed, "refund")
    operating.resolve(moderator, disputed.pk, release_cents=PRICE - 40_000, reason="a part")
    settled(disputed)
    settle_outside(moderator, disputed.pk, reason=WHY)

    taken_back(settled(disputed), 40_000, 40_000)

    assert balance(f"clawback:{disputed.seller_id}") == 0


def test_settled_by_hand_then_late_then_taken_by_the_bank_it_is_lost_twice(moderator: User, refused: Order) -> None:
    settle_outside(moderator, refused.pk, reason="refunded in the provider's pages")
    succeeds_late(settled(refused))
    assert balance("expense.refunded_twice") == 0, "it may be that very refund"

    taken_back(refused, PRICE)

    assert balance("expense.chargeback") == -PRICE
    assert is_sound(refused)


def test_of_another_currency_with_nothing_left_it_is_settled_by_saying_so(
    moderator: User, buyer: User, paid: Order
) -> None:
    paying.capture(buyer, paid.pk)
    book.charge_back(str(paid.pk), cents=PRICE)
    foreign = book.charge_back(str(paid.pk), cents=5_000)
    SimulatorRecord.objects.filter(pk=foreign.pk).update(currency="EUR")
    told(paid)

    for _ in range(2):
        settle_outside(moderator, paid.pk, reason=WHY)

    assert (settled(paid).state, paid.quarantined_at) == ("refunded", None)


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
    assert _states(disputed) == ["failed", "unknown"]

    succeeds_late(disputed)
    if is_stopped:
        operating.lift_quarantine(moderator, disputed.pk, reason="it was done")
    hurried(disputed)
    assert (disputed.state, provider_has(disputed).refunded) == ("settling", 1_000)

    disputed.operations.filter(kind="refund", seq=1).update(done_at=Now() - timedelta(minutes=61))
    hurried(disputed)
    assert (disputed.state, provider_has(disputed).refunded) == ("completed", 1_000)
    assert _states(disputed) == ["succeeded", "failed"]
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
    inbox.receive("simulator", _news(payment))
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


# ── Whose dispute it is ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("raised_by", "end"), [("seller", ("completed", PRICE)), ("buyer", ("refunded", 0))])
def test_a_dispute_that_an_operator_opened_is_decided_by_the_clock_for_whom_it_was_opened(
    buyer: User, seller: User, moderator: User, paid: Order, raised_by: str, end: tuple[str, int]
) -> None:
    paying.capture(buyer, paid.pk)
    handing_over.ship(seller, paid.pk)
    operating.open_dispute_for(moderator, paid.pk, raised_by=Party(raised_by), reason="by telephone")

    for _ in range(2):
        paid.deadlines.update(due_at=Now())
        deadlines.ring_due()

    assert (settled(paid).state, paid.release_cents) == end


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


# ── In whatever order it becomes known ───────────────────────────────────────────────────────────


def test_first_borne_then_the_other_comes_back(moderator: User, refused: Order) -> None:
    succeeds_late(hurried(refused))
    assert balance("expense.refunded_twice") == -PRICE

    comes_back(refused, 2)

    assert balance("expense.refunded_twice") == balance(f"owed.buyer:{refused.pk}") == 0
    operating.clear_attention(moderator, refused.pk, reason="they have it once")
    assert is_sound(refused)


@pytest.mark.parametrize("release_cents", [0, 50_000])
def test_first_the_bank_then_the_refund_comes_back(seller: User, decided: Decided, release_cents: int) -> None:
    order = taken_back(decided(release_cents), PRICE - release_cents)
    assert balance(f"clawback:{seller.pk}") == -release_cents

    comes_back(order)

    assert balance(f"owed.buyer:{order.pk}") == balance(f"clawback:{seller.pk}") == balance("expense.chargeback") == 0
    assert is_sound(order)


def test_first_the_bank_takes_more_then_the_refund_comes_back(seller: User, decided: Decided) -> None:
    order = taken_back(decided(50_000), PRICE)

    comes_back(order)

    assert (balance(f"clawback:{seller.pk}"), balance("expense.chargeback")) == (-50_000, 0)
    assert is_sound(order)


def test_what_came_back_and_was_paid_otherwise_counts_as_settled_by_hand(moderator: User, decided: Decided) -> None:
    order = comes_back(decided(PRICE - 40_000))
    settle_outside(moderator, order.pk, reason="the bank has given it, says their letter")

    taken_back(order, 40_000)

    assert balance(f"clawback:{order.seller_id}") == 0
    assert "settled outside?" in order.needs_attention
    assert is_sound(order)


def test_what_came_back_and_was_refunded_by_hand_over_there_is_no_difference(moderator: User, decided: Decided) -> None:
    order = comes_back(decided(PRICE - 40_000))
    made = SimulatorRecord.objects.get(order_id=str(order.pk), kind="refund")
    made.pk, made.key, made.state, made.code, made._state.adding = order.pk, "by hand", "succeeded", "", True
    made.save()

    settle_outside(moderator, order.pk, reason="refunded in the provider's pages")

    assert is_sound(order)


def test_one_that_came_back_and_succeeds_again_is_owed_no_more(decided: Decided) -> None:
    order = comes_back(decided(PRICE - 40_000))
    for _ in range(2):
        succeeds_late(order)
        assert balance(f"owed.buyer:{order.pk}") == 0
        assert is_sound(order)
        comes_back(order)
        assert balance(f"owed.buyer:{order.pk}") == 40_000
        assert is_sound(order)


def test_one_beside_another_is_borne_at_once_also_while_the_seller_waits(decided: Decided, disputed: Order) -> None:
    refuses(disputed, "refund")
    refuses(disputed, "transfer", times=50)
    order = hurried(decided(PRICE - 1_000))
    assert order.state == "settling"

    succeeds_late(order)

    assert balance("expense.refunded_twice") == -1_000
    comes_back(order, 2)
    assert balance("expense.refunded_twice") == balance(f"owed.buyer:{order.pk}") == 0
    assert order.quarantined_at is None


def test_nobody_pays_a_seller_while_the_buyer_is_owed(moderator: User, unpaid: Order) -> None:
    comes_back(unpaid)
    operating.quarantine(moderator, unpaid.pk, reason="it is")
    Order.objects.update(quarantined_at=None)  # no service does that

    with pytest.raises(operating.StillOwed):
        pay_outside(moderator, unpaid.pk, reason="by bank transfer")


def test_of_a_request_that_was_not_named_an_older_answer_is_not_believed(moderator: User, disputed: Order) -> None:
    operating.resolve(moderator, disputed.pk, release_cents=PRICE - 1_000, reason="a scratch")
    refund = disputed.operations.get(kind="refund")
    Operation.objects.filter(pk=refund.pk).update(state="unknown", attempts=1)
    book.perform(operations.request_for(refund), "refused")
    payment = disputed.operations.select_related("order").get(kind="authorize")
    overtaken = inbox._fetch_operations(payment)  # the refund is still open, and has failed
    assert overtaken is not None
    hurried(disputed)
    succeeds_late(disputed)
    assert disputed.state == "completed"

    overtaken(lock(disputed.pk))

    assert balance(f"owed.buyer:{disputed.pk}") == 0
    assert is_sound(disputed)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["completed", "refunded"])
def test_an_order_that_was_paid_twice_ends_and_the_first_hold_is_let_go_of(
    buyer: User, moderator: User, order: Order, end: str
) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    first = settled(order).operations.get(kind="authorize")
    paying.pay(buyer, order.pk)
    settled(order)
    in_a_week = timezone.now() + timedelta(days=7)
    SimulatorRecord.objects.filter(key=first.key).update(state="succeeded", code="", expires_at=in_a_week)
    inbox.receive("simulator", _news(first))
    assert settled(order).quarantined_at is not None
    operating.lift_quarantine(moderator, order.pk, reason="looked at")

    (ending.complete if end == "completed" else ending.cancel)(buyer, order.pk)
    for _ in range(3):
        hurried(order)
        while outbox.deliver_due():
            pass

    assert (order.state, provider_has(order).held) == (end, 0)
    assert SimulatorRecord.objects.get(key=first.key).let_go_at is not None
    assert order.quarantined_at is None
    assert is_sound(order)
