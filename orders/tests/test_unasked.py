"""What a buyer gets in a way that nobody here asked for: by their bank, by hand, or beside another refund."""

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
from orders import ledger
from orders.lifecycle import Party
from orders.models import Operation, Order, SimulatorFault, SimulatorRecord
from orders.providers.simulator import book
from orders.services import deadlines, ending, handing_over, inbox, operating, operations, paying
from orders.services.auditing import auditing
from orders.services.errors import NotYourStep
from orders.services.explaining import explain
from orders.services.had_twice import NotTwice, book_as_had_twice
from orders.services.moving import lock
from orders.services.settling_outside import settle_outside
from orders.tests.aftermath import (
    WHY,
    Decided,
    comes_back,
    hurried,
    is_sound,
    news,
    refuses,
    succeeds_late,
    taken_back,
    told,
)
from orders.tests.conftest import PRICE
from orders.tests.money import balance, misbehave, provider_has, settled

pytestmark = pytest.mark.django_db


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
    inbox.receive("simulator", news(first))
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


# ── It was not the same money ────────────────────────────────────────────────────────────────────


@pytest.fixture
def by_hand(moderator: User, decided: Decided, disputed: Order) -> Order:
    """Of it 40,000 were given back by hand after the provider had refused to."""
    refuses(disputed, "refund")
    order = decided(PRICE - 40_000)
    settle_outside(moderator, order.pk, reason="refunded in the provider's pages")
    return settled(order)


def test_refunded_by_hand_and_late_as_well_it_is_booked_as_lost(moderator: User, by_hand: Order) -> None:
    made = SimulatorRecord.objects.get(order_id=str(by_hand.pk), kind="refund")
    made.pk, made.key, made.state, made.code, made._state.adding = by_hand.pk, "by hand", "succeeded", "", True
    made.save()
    succeeds_late(by_hand)
    assert auditing.run().findings != []

    book_as_had_twice(moderator, by_hand.pk, reason="the provider's pages show both")

    assert balance("expense.refunded_twice") == -40_000
    assert AuditEntry.objects.get(action="order.booked_as_had_twice").data == {"cents": 40_000}
    assert is_sound(by_hand)
    with pytest.raises(NotTwice):
        book_as_had_twice(moderator, by_hand.pk, reason="pressed twice")


def test_then_the_late_one_comes_back_and_nothing_is_lost(moderator: User, by_hand: Order) -> None:
    succeeds_late(by_hand)
    book_as_had_twice(moderator, by_hand.pk, reason="paid from our own account, and late as well")

    comes_back(by_hand)

    assert balance("expense.refunded_twice") == balance(f"owed.buyer:{by_hand.pk}") == 0
    assert is_sound(by_hand)


@pytest.mark.parametrize(
    ("parts", "owed"), [((40_000,), 40_000), ((10_000, 30_000), 40_000), ((PRICE,), PRICE - 40_000)]
)
def test_given_back_by_hand_and_taken_by_the_bank_as_well_the_seller_owes_it(
    moderator: User, by_hand: Order, parts: tuple[int, ...], owed: int
) -> None:
    taken_back(by_hand, *parts)

    book_as_had_twice(moderator, by_hand.pk, reason="both are in the statement of the bank")

    assert balance(f"clawback:{by_hand.seller_id}") == -owed
    assert balance("expense.chargeback") == owed - sum(parts)
    assert is_sound(by_hand)


def test_what_comes_later_can_be_booked_as_well(moderator: User, by_hand: Order) -> None:
    for cents in (10_000, 20_000):
        taken_back(by_hand, cents)
        book_as_had_twice(moderator, by_hand.pk, reason="the next letter of the bank")

    assert balance(f"clawback:{by_hand.seller_id}") == -30_000
    assert is_sound(by_hand)


def test_only_an_operator_says_so_and_only_where_something_was_taken_for_it(
    in_admin: Callable[[User], Client], moderator: User, seller: User, by_hand: Order
) -> None:
    desk, page = in_admin(moderator), reverse("admin:orders_order_change", args=[by_hand.pk])
    door = reverse("admin:orders_order_decide", args=[by_hand.pk, "had-twice"])
    assert door not in desk.get(page).content.decode()
    with pytest.raises(NotTwice):
        book_as_had_twice(moderator, by_hand.pk, reason="w")
    taken_back(by_hand, 40_000)
    with pytest.raises(NotYourStep):
        book_as_had_twice(seller, by_hand.pk, reason="w")
    with pytest.raises(InvalidInput):
        book_as_had_twice(moderator, by_hand.pk, reason=" ")
    assert door in desk.get(page).content.decode()

    assert desk.post(door, {"reason": "both are in the statement"}).status_code == 302

    assert balance(f"clawback:{by_hand.seller_id}") == -40_000
    assert door not in desk.get(page).content.decode()
