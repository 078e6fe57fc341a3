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
from orders.models import InboxEvent, Operation, Order
from orders.providers import signing
from orders.providers.base import Unknown
from orders.providers.simulator import book
from orders.providers.simulator.provider import Simulator
from orders.services import ending, health, inbox, operations, paying, settling
from orders.tests.money import balance, hurry, misbehave, settled
from orders.tests.notifications import SECRET, event, secret, tell, told  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


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


def test_what_the_buyer_must_do_is_shown_to_the_buyer_alone(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, order: Order
) -> None:
    misbehave(order, "action")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    address = f"/v1/orders/{order.pk}/payments"

    assert signed_in(buyer).get(address).json()[0]["next_action"]["type"] == "confirm"
    assert signed_in(seller).get(address).json()[0]["next_action"] is None
