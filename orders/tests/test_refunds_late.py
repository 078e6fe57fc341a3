"""Refunds that turn out otherwise, long after everybody was told: they come back, or succeed after all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from marketplace.common.models import AuditEntry
from orders.models import InboxEvent, Operation, Order, SimulatorFault, SimulatorRecord
from orders.services import ending, inbox, operating, paying
from orders.services.auditing import auditing
from orders.services.explaining import explain
from orders.services.settling_outside import NothingToSettle, settle_outside
from orders.tests.conftest import PRICE
from orders.tests.money import balance, books_balance, hurry, provider_has, settled
from orders.tests.notifications import SECRET, event, secret, tell, told  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


# ── A refund that turns out otherwise ────────────────────────────────────────────────────────────


@pytest.fixture
def refunded(buyer: User, paid: Order) -> Order:
    paying.capture(buyer, paid.pk)
    ending.cancel(buyer, paid.pk)
    assert settled(paid).state == "refunded"
    return paid


def comes_back(order: Order, name: str = "back") -> None:
    """Days later: the provider calls the refund by our name for it, and by its own for the payment."""
    SimulatorRecord.objects.filter(order_id=str(order.pk), kind="refund").update(state="failed", code="lost_or_stolen")
    refund, payment = (order.operations.get(kind=kind) for kind in ("refund", "authorize"))
    tell(event(event_id=name, kind="refund.failed", operation_id=str(refund.pk), reference=payment.provider_ref))
    settled(order)


def test_a_refund_that_comes_back_is_owed_to_the_buyer_and_called_out(moderator: User, refunded: Order) -> None:
    comes_back(refunded)
    comes_back(refunded, "told again")

    assert "the buyer is owed" in refunded.needs_attention
    assert balance(f"owed.buyer:{refunded.pk}") == refunded.total_cents
    assert refunded.operations.get(kind="refund").failure == "came back: lost_or_stolen"
    assert auditing.run().findings == []
    with pytest.raises(operating.StillOwed):
        operating.clear_attention(moderator, refunded.pk, reason="seen")


def test_what_came_back_is_paid_in_another_way_and_written_down(moderator: User, refunded: Order) -> None:
    comes_back(refunded)

    settle_outside(moderator, refunded.pk, reason="bank transfer of 3 May")
    with pytest.raises(NothingToSettle):
        settle_outside(moderator, refunded.pk, reason="pressed twice")
    operating.clear_attention(moderator, refunded.pk, reason="paid")

    assert balance(f"owed.buyer:{refunded.pk}") == 0
    assert balance("settled_outside") == refunded.total_cents
    assert AuditEntry.objects.get(action="order.settled_outside").reason == "bank transfer of 3 May"
    assert auditing.run().findings == []
    assert books_balance()


def test_the_audit_finds_a_debt_to_a_buyer_that_waits_for_nobody(refunded: Order) -> None:
    comes_back(refunded)
    assert auditing.run().findings == []

    Order.objects.update(needs_attention="")  # no service does that

    assert [each["question"] for each in auditing.run().findings] == ["owed"]


def test_a_refund_that_comes_back_before_the_end_stops_the_order(moderator: User, disputed: Order) -> None:
    SimulatorFault.objects.create(fault="refused", kind="transfer", order_id=str(disputed.pk))
    operating.resolve(moderator, disputed.pk, release_cents=1_000, reason="almost nothing")
    assert settled(disputed).state == "settling"

    comes_back(disputed)

    assert disputed.quarantined_at is not None
    assert balance(f"owed.buyer:{disputed.pk}") == PRICE - 1_000
    seen = explain(disputed, disputed.buyer)
    assert (seen.waits_for, seen.allowed, seen.until) == (["operator"], [], None)
    assert "still owed to the buyer" in seen.money

    with pytest.raises(operating.StillOwed):
        operating.lift_quarantine(moderator, disputed.pk, reason="it looks all right")
    settle_outside(moderator, disputed.pk, reason="paid to their other account")
    operating.lift_quarantine(moderator, disputed.pk, reason="they have it")
    disputed.refresh_from_db()
    assert balance(f"owed.buyer:{disputed.pk}") == 0
    assert "still owed" not in explain(disputed, disputed.buyer).money


# ── A refund that had failed succeeds after all ──────────────────────────────────────────────────


def succeeds_late(order: Order) -> Order:
    refund = order.operations.get(kind="refund", seq=1)
    SimulatorRecord.objects.filter(key=refund.key).update(state="succeeded", code="")
    told_of(refund)
    return settled(order)


def hurried(order: Order) -> Order:
    hurry(order)
    return settled(order)


def told_of(refund: Operation) -> None:
    earlier = InboxEvent.objects.count()
    tell(event(event_id=f"late {earlier}", kind="refund.updated", operation_id=str(refund.pk), reference="r"))
    inbox.work_off_due()


def test_it_takes_the_place_of_the_one_that_was_to_be_asked_for_next(refused: Order) -> None:
    succeeds_late(refused)
    hurried(refused)

    assert (refused.state, provider_has(refused).refunded) == ("refunded", PRICE)
    assert "has succeeded" in refused.needs_attention
    seen = refused.operations.filter(kind="refund").order_by("seq").values_list("state", "failure")
    assert list(seen) == [("succeeded", "succeeded late, after: refused"), ("failed", "withdrawn")]
    assert (balance(f"escrow:{refused.pk}"), balance("expense.refunded_twice")) == (0, 0)
    assert auditing.run().findings == []
    assert books_balance()


def test_while_the_next_one_is_being_asked_for_its_answer_is_waited_for(refused: Order) -> None:
    refused.operations.filter(kind="refund", seq=2).update(state="sent", due_at=timezone.now() + timedelta(hours=1))

    succeeds_late(refused)

    assert (refused.state, refused.operations.get(kind="refund", seq=2).state) == ("settling", "sent")
    SimulatorFault.objects.create(fault="refused", kind="refund", order_id=str(refused.pk))
    hurried(refused)
    assert (refused.state, provider_has(refused).refunded) == ("refunded", PRICE)
    assert auditing.run().findings == []


def test_both_of_a_part_have_succeeded_and_we_bear_the_second(moderator: User, disputed: Order) -> None:
    SimulatorFault.objects.create(fault="refused", kind="refund", order_id=str(disputed.pk))
    operating.resolve(moderator, disputed.pk, release_cents=PRICE - 1_000, reason="a scratch")
    settled(disputed)
    hurried(disputed)
    assert (disputed.state, provider_has(disputed).refunded) == ("completed", 1_000)

    succeeds_late(disputed)
    told_of(disputed.operations.get(kind="refund", seq=1))

    assert provider_has(disputed).refunded == 2_000
    assert balance("expense.refunded_twice") == -1_000
    assert "has succeeded" in disputed.needs_attention
    assert auditing.run().findings == []
    assert books_balance()


def test_what_was_settled_by_hand_may_be_that_very_refund(moderator: User, refused: Order) -> None:
    settle_outside(moderator, refused.pk, reason="refunded in the provider's pages")
    assert settled(refused).state == "refunded"

    succeeds_late(refused)

    assert balance("expense.refunded_twice") == 0
    assert "has succeeded" in refused.needs_attention
    assert auditing.run().findings == []


def test_one_that_then_comes_back_is_owed_to_the_buyer(refused: Order) -> None:
    succeeds_late(refused)
    refund = refused.operations.get(kind="refund", state="succeeded")
    SimulatorRecord.objects.filter(key=refund.key).update(state="failed", code="account_closed")

    told_of(refund)
    settled(refused)

    assert balance(f"owed.buyer:{refused.pk}") == PRICE


def test_in_another_currency_it_is_counted_nowhere(refused: Order) -> None:
    SimulatorRecord.objects.filter(kind="refund").update(currency="EUR")

    succeeds_late(refused)

    assert refused.quarantined_at is not None
    assert "in EUR" in refused.needs_attention
    assert balance(f"escrow:{refused.pk}") == PRICE
