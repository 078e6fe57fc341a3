"""An order's whole life with Stripe as the provider, over HTTP: what the core asks for is what Stripe understands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from orders import ledger
from orders.lifecycle import Party
from orders.models import Deadline, Order, SellerTerms, SimulatorRecord
from orders.providers import signing
from orders.providers.simulator import book
from orders.providers.stripe.provider import HEADER
from orders.services import (
    correcting,
    deadlines,
    ending,
    handing_over,
    inbox,
    operating,
    operations,
    paying,
)
from orders.services.disputes import opening
from orders.services.disputes import settling as agreeing
from orders.tests.money import books_balance, hurry, misbehave, provider_has, settled
from orders.tests.servers import simulator_on_a_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def stripe(settings: Settings, transactional_db: None) -> Iterator[None]:
    settings.PAYMENT_PROVIDER, settings.STRIPE_SECRET_KEY = "stripe", "sk_test_1"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec"]
    with simulator_on_a_port() as address:
        settings.STRIPE_API_BASE = address
        yield


@pytest.fixture
def sale(make_order: Callable[..., Order], seller: User) -> Order:
    SellerTerms.objects.create(user=seller, payout_account="acct_seller")
    return make_order(price_cents=20_000)


def pay(order: Order) -> Order:
    paying.pay(order.buyer, order.pk)
    operations.drive(order.pk)
    order.refresh_from_db()
    return order


def tell(order: Order, kind: str, **about: object) -> None:
    """As Stripe would, about the payment of an order."""
    record = SimulatorRecord.objects.filter(order_id=str(order.pk), kind="authorize").latest("pk")
    named = {"id": f"pi_{record.pk.hex}", "object": "payment_intent", "metadata": {}, **about}
    raw = json.dumps({"id": f"evt_{kind}", "type": kind, "data": {"object": named}}).encode()
    headers = {HEADER: signing.sign(raw, "whsec")}
    assert Client().post("/v1/webhooks/stripe", raw, "application/json", headers=headers).status_code == 200
    inbox.work_off_due()
    order.refresh_from_db()


def test_a_sale_is_held_captured_and_transferred_to_the_sellers_account(buyer: User, sale: Order) -> None:
    assert pay(sale).state == "funded"
    assert paying.capture(buyer, sale.pk)

    assert ending.complete(buyer, sale.pk).state == "completed"

    assert provider_has(sale) == book.Sums(0, 20_000, 0, 20_000)
    assert SimulatorRecord.objects.get(kind="transfer").destination == "acct_seller"
    assert books_balance()


def test_what_was_only_held_is_let_go_of(buyer: User, sale: Order) -> None:
    assert ending.cancel(buyer, pay(sale).pk).state == "refunded"
    assert provider_has(sale) == book.Sums(0, 0, 0, 0)


def test_what_was_captured_is_given_back(buyer: User, seller: User, sale: Order) -> None:
    paying.capture(buyer, pay(sale).pk)

    assert ending.refund(seller, sale.pk).state == "refunded"
    assert provider_has(sale) == book.Sums(0, 20_000, 20_000, 0)


def test_a_payment_that_waits_for_its_buyer_can_be_given_up(buyer: User, sale: Order) -> None:
    misbehave(sale, "action")
    assert pay(sale).state == "paying"
    waiting = sale.operations.get()
    assert waiting.next_action is not None
    assert waiting.next_action["client_secret"].startswith(waiting.provider_ref)

    ending.cancel(buyer, sale.pk)

    assert settled(sale).state == "cancelled"
    too_late = book.confirm(waiting.key, succeeds=True)
    assert too_late is not None
    assert too_late.state == "failed"


def test_a_declined_payment_is_cancelled_over_there_and_made_again(sale: Order) -> None:
    misbehave(sale, "decline")
    assert pay(sale).state == "created"
    assert SimulatorRecord.objects.get(kind="authorize").let_go_at is not None

    assert pay(sale).state == "funded"


def test_a_reply_that_was_lost_is_made_good_by_a_notification(sale: Order) -> None:
    misbehave(sale, "timeout_after")
    assert pay(sale).state in ("paying", "funded")

    tell(sale, "payment_intent.amount_capturable_updated")

    assert sale.state == "funded"
    assert provider_has(sale).held == 20_000


def test_a_seller_without_an_account_is_paid_once_there_is_one(buyer: User, seller: User, sale: Order) -> None:
    SellerTerms.objects.all().delete()
    ending.complete(buyer, pay(sale).pk)
    sale.refresh_from_db()
    assert (sale.state, provider_has(sale).transferred) == ("settling", 0)
    assert "no_payout_account" in sale.needs_attention

    SellerTerms.objects.create(user=seller, payout_account="acct_late")
    hurry(sale)

    assert settled(sale).state == "completed"


def test_a_dispute_that_was_lost_is_owed_by_the_seller(buyer: User, sale: Order) -> None:
    ending.complete(buyer, pay(sale).pk)
    book.charge_back(str(sale.pk))
    record = SimulatorRecord.objects.get(kind="authorize")

    tell(sale, "charge.dispute.closed", id="dp_1", object="dispute", payment_intent=f"pi_{record.pk.hex}")

    assert "charged back" in sale.needs_attention
    assert books_balance()


def test_a_fee_in_a_currency_without_cents_is_taken_in_whole_coins_and_the_seller_is_paid(
    buyer: User, seller: User, make_order: Callable[..., Order], settings: Settings
) -> None:
    settings.ORDER_FEE_BPS = 250
    SellerTerms.objects.create(user=seller, payout_account="acct_seller")
    order = pay(make_order(price_cents=1_030_00, currency="JPY"))

    assert ending.complete(buyer, order.pk).state == "completed"

    assert provider_has(order) == book.Sums(0, 1_030, 0, 1_005)  # a fee of 25.75 is one of 25
    assert books_balance()


# ── A capture that Stripe refuses ────────────────────────────────────────────────────────────────


def secured(order: Order) -> Order:
    """As if the day before the hold runs out had come."""
    Deadline.objects.filter(order=order, kind="secure").update(due_at=Now())
    deadlines.ring_due()
    hurry(order)
    return settled(order)


def captured_in_the_dashboard(order: Order, cents: int) -> None:
    payment = operations.request_for(order.operations.get(kind="authorize"))
    book.perform(replace(payment, key=f"dashboard:{cents}", kind="capture", amount_cents=cents))


def split(order: Order, *, release_cents: int) -> Order:
    dispute = opening.open_dispute(order.buyer, order.pk, raised_by=Party.BUYER, reason="half of it is missing")
    for party in (order.buyer, order.seller):
        agreeing.propose(party, dispute.pk, release_cents)
    return settled(order)


def test_what_somebody_has_captured_over_there_is_in_escrow(buyer: User, seller: User, sale: Order) -> None:
    handing_over.ship(seller, pay(sale).pk)
    captured_in_the_dashboard(sale, 20_000)

    assert secured(sale).state == "handed_over"
    assert (ledger.in_escrow(sale.pk), sale.quarantined_at, sale.needs_attention) == (20_000, None, "")

    assert ending.complete(buyer, sale.pk).state == "completed"
    assert provider_has(sale) == book.Sums(0, 20_000, 0, 20_000)
    assert books_balance()


def test_what_somebody_has_captured_over_there_can_still_be_called_off(buyer: User, sale: Order) -> None:
    pay(sale)
    captured_in_the_dashboard(sale, 20_000)

    ending.cancel(buyer, sale.pk)
    hurry(sale)

    assert settled(sale).state == "refunded"
    assert sale.needs_attention == "void was refused: already_captured"
    assert provider_has(sale) == book.Sums(0, 20_000, 20_000, 0)
    assert books_balance()


def test_a_part_that_is_too_small_to_capture_is_taken_whole_by_hand_and_split_then(
    moderator: User, make_order: Callable[..., Order], seller: User
) -> None:
    SellerTerms.objects.create(user=seller, payout_account="acct_seller")
    order = pay(make_order(price_cents=20_000, currency="USD"))

    split(order, release_cents=30)

    assert (order.state, order.release_cents, order.quarantined_at is None) == ("settling", 30, False)
    assert order.needs_attention == "capture was refused: amount_too_small"
    assert provider_has(order) == book.Sums(20_000, 0, 0, 0)

    captured_in_the_dashboard(order, 20_000)
    operating.lift_quarantine(moderator, order.pk, reason="captured whole in the dashboard")
    hurry(order)
    settled(order)
    taken = order.operations.get(kind="capture", state="unknown")
    correcting.book_what_happened(moderator, taken.pk, reason="so the rest can go back")

    assert settled(order).state == "completed"
    assert provider_has(order) == book.Sums(0, 20_000, 19_970, 30)
    assert books_balance()


def test_with_the_key_of_another_account_nothing_ends_and_the_right_one_goes_on(seller: User, sale: Order) -> None:
    handing_over.ship(seller, pay(sale).pk)
    payment = sale.operations.filter(kind="authorize")
    known_as = payment.get().provider_ref
    payment.update(provider_ref=f"pi_{uuid4().hex}")

    assert secured(sale).state == "handed_over"
    assert (sale.quarantined_at, sale.needs_attention) == (None, "capture was refused: resource_missing")
    assert provider_has(sale).held == 20_000

    payment.update(provider_ref=known_as)

    assert secured(sale).state == "handed_over"
    assert ledger.in_escrow(sale.pk) == 20_000


def test_a_hold_that_this_account_does_not_know_is_let_go_of_with_the_right_key(buyer: User, sale: Order) -> None:
    payment = pay(sale).operations.filter(kind="authorize")
    known_as = payment.get().provider_ref
    payment.update(provider_ref=f"pi_{uuid4().hex}")

    assert ending.cancel(buyer, sale.pk).state == "settling"
    sale.refresh_from_db()
    assert (sale.quarantined_at, sale.needs_attention) == (None, "void was refused: resource_missing")

    payment.update(provider_ref=known_as)
    hurry(sale)

    assert settled(sale).state == "refunded"
    assert provider_has(sale).held == 0
