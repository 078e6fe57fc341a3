"""T22: what providers tell us, through the door; forged, old, repeated, too early and nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.common.models import AuditEntry
from orders.models import InboxEvent, Operation, Order, SimulatorFault, SimulatorRecord
from orders.providers import signing
from orders.providers.base import Unknown
from orders.providers.simulator import book
from orders.providers.simulator.provider import Simulator
from orders.services import ending, health, inbox, operating, operations, paying, settling
from orders.services.auditing import auditing
from orders.services.explaining import explain
from orders.services.settling_outside import NothingToSettle, settle_outside
from orders.tests.conftest import PRICE
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has, settled
from orders.tests.notifications import SECRET, event, tell, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secret(settings: Settings) -> None:
    settings.SIMULATOR_WEBHOOK_SECRETS = [SECRET]


# ── The door ─────────────────────────────────────────────────────────────────────────────────────


def test_T22_forged_old_and_unsigned_are_refused_and_leave_nothing() -> None:
    raw = event()
    old = int((timezone.now() - timedelta(minutes=6)).timestamp())
    early = int((timezone.now() + timedelta(minutes=6)).timestamp())

    for signature in ("", signing.sign(raw, "guess"), signing.sign(b"x", SECRET), *_at(raw, old, early)):
        assert tell(raw, signature=signature) == 401

    assert not InboxEvent.objects.exists()


def _at(raw: bytes, *times: int) -> list[str]:
    return [signing.sign(raw, SECRET, at=each) for each in times]


def test_a_secret_is_replaced_without_losing_a_notification(settings: Settings) -> None:
    settings.SIMULATOR_WEBHOOK_SECRETS = ["next", SECRET]

    assert tell(event(event_id="with the old one")) == 200
    assert tell(event(), signature=signing.sign(event(operation_id="x"), "next")) == 401
    raw = event(event_id="with the new one")
    assert tell(raw, signature=signing.sign(raw, "next")) == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"event_id": 1}',
        b"\xff\xfe",
        b'{"a":' * 100 + b"1" + b"}" * 100,
        json.dumps({"event_id": "", "kind": "", "operation_id": "", "reference": ""}).encode(),
        json.dumps({"event_id": "x" * 256, "kind": "", "operation_id": "", "reference": ""}).encode(),
        json.dumps({"event_id": "\x00", "kind": "", "operation_id": "", "reference": ""}).encode(),
    ],
)
def test_signed_nonsense_is_a_422_and_never_our_failure(raw: bytes) -> None:
    assert tell(raw) == 422
    assert not InboxEvent.objects.exists()


def test_a_huge_one_is_refused_before_it_is_read() -> None:
    assert tell(b" " * 300_000) == 413


def test_an_unknown_provider_has_no_door() -> None:
    assert tell(event(), door="/v1/webhooks/nobody") == 404


def test_names_longer_than_any_of_ours_are_cut_and_lead_nowhere() -> None:
    assert tell(event(kind="k" * 500, operation_id="o" * 500, reference="r" * 500)) == 200
    inbox.work_off_due()

    assert InboxEvent.objects.get().outcome == "unknown object"


def test_T22_the_same_event_a_hundred_times_has_one_effect(buyer: User, order: Order) -> None:
    misbehave(order, "error_after")
    paying.pay(buyer, order.pk)
    operations.work_off_due()
    (raw,) = told(order)

    assert {tell(raw) for _ in range(100)} == {200}
    settled(order)
    assert {tell(raw) for _ in range(3)} == {200}

    assert settled(order).state == "funded"
    assert InboxEvent.objects.count() == 1
    assert order.events.filter(step="auth_ok").count() == 1
    assert balance(f"memo.hold:{order.pk}") == order.total_cents


def test_a_notification_is_answered_without_asking_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "provider", lambda name: pytest.fail("asked the provider while it waits for us"))

    assert tell(event()) == 200


# ── What follows from it ─────────────────────────────────────────────────────────────────────────


def test_a_lost_reply_is_made_good_by_the_notification(buyer: User, order: Order) -> None:
    misbehave(order, "timeout_after")
    paying.pay(buyer, order.pk)
    operations.work_off_due()
    assert order.operations.get().state == "unknown"

    tell(told(order)[0])
    inbox.work_off_due()

    order.refresh_from_db()
    assert order.state == "funded"
    known = InboxEvent.objects.get()
    assert (known.outcome, known.due_at) == ("applied", None)
    assert known.processed_at is not None


def test_a_worker_that_comes_back_after_the_notification_changes_nothing(
    buyer: User, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    paying.pay(buyer, order.pk)
    real = operations._write_down

    def overtaken(*answer: object) -> None:
        tell(told(order)[0])
        inbox.work_off_due()
        real(*answer)  # type: ignore[arg-type]

    monkeypatch.setattr(operations, "_write_down", overtaken)
    operations.work_off_due()

    order.refresh_from_db()
    assert order.state == "funded"
    assert order.events.filter(step="auth_ok").count() == 1
    assert balance(f"memo.hold:{order.pk}") == order.total_cents


def test_the_mark_is_written_with_the_effect_or_not_at_all(
    buyer: User, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehave(order, "error_after")
    paying.pay(buyer, order.pk)
    operations.work_off_due()
    tell(told(order)[0])

    def crash(*args: object) -> None:
        raise ChildProcessError

    with monkeypatch.context() as broken:
        broken.setattr(settling, "advance", crash)
        inbox.work_off_due()
    assert InboxEvent.objects.get().processed_at is None
    assert order.operations.get().is_open

    hurry(order)
    inbox.work_off_due()

    assert InboxEvent.objects.get().processed_at is not None
    assert Order.objects.get().state == "funded"


def test_what_is_not_known_yet_is_kept_and_tried_again(buyer: User, order: Order) -> None:
    tell(event(operation_id=str(uuid4()), reference="later"))
    inbox.work_off_due()
    kept = InboxEvent.objects.get()
    assert kept.due_at is not None
    assert kept.processed_at is None
    misbehave(order, "error_after")
    paying.pay(buyer, order.pk)
    operations.work_off_due()
    Operation.objects.update(provider_ref="later")

    hurry(order)
    inbox.work_off_due()

    assert InboxEvent.objects.get().processed_at is not None
    assert Order.objects.get().state == "funded"


def test_what_nobody_knows_for_an_hour_is_given_up_and_stays_to_be_seen() -> None:
    tell(event())
    InboxEvent.objects.update(received_at=timezone.now() - timedelta(minutes=61), attempts=inbox.LEAST_ATTEMPTS - 1)

    inbox.work_off_due()

    kept = InboxEvent.objects.get()
    assert (kept.due_at, kept.processed_at, kept.outcome) == (None, None, "unknown object")
    tell(event(operation_id=json.loads(event())["operation_id"]))
    assert InboxEvent.objects.get().due_at is not None


def test_a_single_try_gives_up_nothing_however_late_it_is() -> None:
    tell(event())
    InboxEvent.objects.update(received_at=timezone.now() - timedelta(minutes=70))

    inbox.work_off_due()

    assert InboxEvent.objects.get().due_at is not None


def test_what_is_known_here_is_never_given_up(
    buyer: User, paid: Order, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """No worker for an hour, and then no provider for a while: the chargeback is booked all the same."""
    ending.complete(buyer, paid.pk)
    book.charge_back(str(paid.pk))
    tell(told(paid)[-1])
    InboxEvent.objects.update(received_at=timezone.now() - timedelta(hours=3), attempts=40)
    with monkeypatch.context() as away:
        away.setattr(Simulator, "fetch_chargebacks", lambda *_: Unknown("timeout"))
        inbox.work_off_due()
    kept = InboxEvent.objects.get()
    assert (kept.outcome, kept.processed_at) == ("not known yet", None)
    assert kept.due_at is not None
    assert health.pulse().late_notifications == 1

    hurry(paid)
    inbox.work_off_due()

    assert balance(f"clawback:{paid.seller_id}") == -paid.total_cents
    assert health.pulse().late_notifications == 0


def test_what_nobody_knows_is_no_trouble_of_money() -> None:
    tell(event())
    InboxEvent.objects.update(received_at=timezone.now() - timedelta(hours=3))
    assert health.pulse().late_notifications == 1, "nobody has even looked"
    inbox.work_off_due()
    assert health.pulse().late_notifications == 0


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


@pytest.fixture
def refused(buyer: User, paid: Order) -> Order:
    """Called off; the provider has refused to give it back, and is asked once more in a moment."""
    paying.capture(buyer, paid.pk)
    misbehave(paid, "refused")
    ending.cancel(buyer, paid.pk)
    paid.refresh_from_db()
    assert list(paid.operations.filter(kind="refund").order_by("seq").values_list("state", flat=True)) == [
        "failed",
        "ready",
    ]
    return paid


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


def test_more_than_is_left_is_left_to_an_operator(moderator: User, refused: Order) -> None:
    SimulatorRecord.objects.filter(kind="refund").update(amount_cents=PRICE + 1)

    succeeds_late(refused)
    hurried(refused)

    assert refused.state == "settling"
    assert provider_has(refused).refunded == PRICE + 1  # and nothing was asked for beside it
    assert "has succeeded" in refused.needs_attention


def test_what_the_buyer_must_do_is_shown_to_the_buyer_alone(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, order: Order
) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    address = f"/v1/orders/{order.pk}/payments"

    assert signed_in(buyer).get(address).json()[0]["next_action"]["type"] == "confirm"
    assert signed_in(seller).get(address).json()[0]["next_action"] is None
