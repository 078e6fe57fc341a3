"""T22: what providers tell us, through the door; forged, old, repeated, out of order and nonsense."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from orders.models import InboxEvent, Operation, Order, SimulatorRecord, SimulatorWebhook, StockHold
from orders.providers import signing
from orders.providers.simulator import book, notices
from orders.services import ending, inbox, operations, paying, settling
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has, settled

pytestmark = pytest.mark.django_db
DOOR = "/v1/webhooks/simulator"
SECRET = "the simulator's secret"


@pytest.fixture(autouse=True)
def secret(settings: Settings) -> None:
    settings.SIMULATOR_WEBHOOK_SECRETS = [SECRET]


def tell(raw: bytes, *, signature: str | None = None, door: str = DOOR) -> int:
    header = signing.sign(raw, SECRET) if signature is None else signature
    reply = Client().post(door, raw, "application/json", headers={notices.HEADER: header})
    assert reply["Content-Type"] == "application/json"
    return reply.status_code


def told(order: Order) -> list[bytes]:
    """What the provider has to say about an order, in the order of what happened."""
    return [notices.payload(each) for each in SimulatorWebhook.objects.filter(order_id=str(order.pk)).order_by("pk")]


def event(**facts: str) -> bytes:
    known = {"event_id": "e1", "kind": "authorize.succeeded", "operation_id": str(uuid4()), "reference": "r", **facts}
    return json.dumps(known).encode()


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
    InboxEvent.objects.update(received_at=timezone.now() - timedelta(minutes=61))

    inbox.work_off_due()

    kept = InboxEvent.objects.get()
    assert (kept.due_at, kept.processed_at, kept.outcome) == (None, None, "unknown object")
    tell(event(operation_id=json.loads(event())["operation_id"]))
    assert InboxEvent.objects.get().due_at is not None


# ── F13: in whatever order ───────────────────────────────────────────────────────────────────────


def _every_way(raws: list[bytes]) -> list[list[bytes]]:
    """All orders, each with some of them repeated somewhere."""
    dice = random.Random(7)
    ways = []
    for way in itertools.permutations(raws):
        repeated = list(way)
        for again in dice.sample(raws, k=2):
            repeated.insert(dice.randrange(len(repeated) + 1), again)
        ways.append(repeated)
    return ways


def _told_in_every_way(order: Order, raws: list[bytes], state: Callable[[], object]) -> set[object]:
    ends = set()
    for way in _every_way(raws):
        with transaction.atomic():
            for raw in way:
                assert tell(raw) == 200
                inbox.work_off_due()
            hurry(order)
            settled(order)
            ends.add(state())
            assert not InboxEvent.objects.filter(processed_at=None).exists()
            transaction.set_rollback(True)
    return ends


def test_F13_a_payment_that_was_given_up_while_it_was_confirmed(buyer: User, order: Order) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.work_off_due()
    with transaction.atomic():
        _give_up(buyer, order)
    book.confirm(order.operations.get(kind="authorize").key, succeeds=True)
    misbehave(order, "error_after")
    operations.work_off_due()  # the void

    def end() -> object:
        order.refresh_from_db()
        hold = StockHold.objects.get(order=order).state
        return order.state, balance(f"memo.hold:{order.pk}"), provider_has(order).held, hold

    ends = _told_in_every_way(order, [*told(order), _pending_again(order)], end)

    assert ends == {("cancelled", 0, 0, "released")}


def _give_up(buyer: User, order: Order) -> None:
    ending._end(buyer, order.pk, ending._CANCEL, reason="", detail="")


def _pending_again(order: Order) -> bytes:
    payment = order.operations.get(kind="authorize")
    return event(event_id="more", kind="authorize.pending", operation_id=str(payment.pk))


def test_F13_a_sale_that_was_charged_back(buyer: User, paid: Order) -> None:
    misbehave(paid, "chargeback")
    ending.complete(buyer, paid.pk)
    settled(paid)
    raws = told(paid)
    assert [json.loads(raw)["kind"].partition(".")[0] for raw in raws] == [
        *("authorize", "capture", "transfer", "chargeback"),
    ]

    def end() -> object:
        paid.refresh_from_db()
        return paid.state, balance(f"clawback:{paid.seller_id}"), books_balance()

    assert _told_in_every_way(paid, raws, end) == {("completed", -paid.total_cents, True)}


# ── F14: late, and otherwise than was said ───────────────────────────────────────────────────────


def test_F14_a_confirmation_that_crosses_the_void_is_let_go_of(buyer: User, order: Order) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    misbehave(order, "late_success")
    ending.cancel(buyer, order.pk)
    hurry(order)

    assert settled(order).state == "cancelled"
    assert provider_has(order).held == 0
    assert balance(f"memo.hold:{order.pk}") == 0
    assert books_balance()


def test_F14_a_success_after_the_end_is_let_go_of(buyer: User, order: Order) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    ending.cancel(buyer, order.pk)
    record = SimulatorRecord.objects.get(kind="authorize")
    SimulatorRecord.objects.update(state="succeeded", expires_at=timezone.now() + timedelta(days=7))
    assert provider_has(order).held == order.total_cents
    tell(event(operation_id=str(order.operations.get().pk), reference=str(record.pk)))

    settled(order)

    assert (order.state, provider_has(order).held) == ("cancelled", 0)
    assert "has succeeded" in order.needs_attention
    assert books_balance()
    tell(event(event_id="again", operation_id=record.operation_id, reference=str(record.pk)))
    settled(order)
    assert order.operations.filter(kind="void").count() == 1


def test_F14_a_late_success_beside_another_payment_is_let_go_of_alone(buyer: User, order: Order) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    late = SimulatorRecord.objects.get(kind="authorize")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    ending.cancel(buyer, order.pk)
    in_a_week = timezone.now() + timedelta(days=7)
    SimulatorRecord.objects.filter(pk=late.pk).update(state="succeeded", expires_at=in_a_week)
    tell(event(operation_id=late.operation_id))

    settled(order)

    assert (order.state, order.quarantined_at) == ("refunded", None)
    assert provider_has(order).held == balance(f"memo.hold:{order.pk}") == 0
    assert order.operations.filter(kind="void", state="succeeded").count() == 2
    assert books_balance()


def test_F14_a_success_of_a_payment_that_had_failed_stops_a_living_order(buyer: User, order: Order) -> None:
    misbehave(order, "decline")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    SimulatorRecord.objects.update(state="succeeded", expires_at=timezone.now() + timedelta(days=7))
    tell(event(operation_id=str(order.operations.get().pk)))

    settled(order)

    assert order.quarantined_at is not None
    assert not order.operations.filter(kind="void").exists()


def test_F20_another_amount_than_asked_for_stops_the_order(buyer: User, order: Order) -> None:
    misbehave(order, "wrong_amount")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    tell(told(order)[0])

    settled(order)

    assert (order.state, order.quarantined_at is None) == ("paying", False)


def test_what_the_buyer_must_do_is_shown_to_the_buyer_alone(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, order: Order
) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    address = f"/v1/orders/{order.pk}/payments"

    assert signed_in(buyer).get(address).json()[0]["next_action"]["type"] == "confirm"
    assert signed_in(seller).get(address).json()[0]["next_action"] is None
