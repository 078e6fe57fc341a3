"""Money under real concurrency, each race with a control that runs without its guard and must go wrong."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.models import User
from listings.models import Listing
from listings.services import stock
from marketplace.common.errors import DomainError
from orders import terms
from orders.lifecycle import Step
from orders.models import Deadline, LedgerTransaction, Operation, Order, SimulatorRecord, StockHold
from orders.services import accepting, deadlines, ending, handing_over, moving, operations, ordinary, paying, placing
from orders.tests import books
from orders.tests.market import EDGES, ask
from orders.tests.racing import at_once, crossing, posting, without_row_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_limits")]
ROUNDS = int(os.environ.get("MONEY_ROUNDS", "6"))  # `faults/histories.py` plays 200
AT_ONCE_DUE = int(os.environ.get("MONEY_DEADLINES", "200"))  # and 10,000 of these


@pytest.fixture(params=["the short road", "the plain road"])
def either_road(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "the plain road":
        monkeypatch.setattr(ordinary, "place", lambda **_: None)


def all_is_well() -> None:
    assert books.faults_in(ask, edges=EDGES) == []


def finish(order_id: UUID) -> None:
    Operation.objects.filter(order=order_id, due_at__isnull=False).update(due_at=Now())
    operations.drive(order_id, seconds=10)


# ── The last pieces ──────────────────────────────────────────────────────────────────────────────


def rush(make_person: Callable[..., User], listing: Listing, buyers: int) -> Counter[int]:
    people = [make_person(f"rush{n}") for n in range(buyers)]
    asked = [posting(person, "/v1/orders", {"listing_id": str(listing.pk), "quantity": 1}) for person in people]
    return Counter(status for status, _ in at_once(asked))


def test_T16_fifty_buyers_of_the_last_piece(make_person: Callable[..., User], listing: Listing) -> None:
    assert rush(make_person, listing, 50) == {201: 1, 409: 49}

    listing.refresh_from_db()
    assert (listing.reserved, Order.objects.count(), StockHold.objects.count()) == (1, 1, 1)
    all_is_well()


def test_M5_thirty_buyers_of_three_pieces(
    make_person: Callable[..., User], listing: Listing, either_road: None
) -> None:
    Listing.objects.filter(pk=listing.pk).update(quantity=3)

    assert rush(make_person, listing, 30) == {201: 3, 409: 27}

    listing.refresh_from_db()
    assert (listing.reserved, Order.objects.count()) == (3, 3)
    all_is_well()


def test_negative_control_who_reads_first_and_writes_then_sells_too_much(
    make_person: Callable[..., User], listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the condition read before, and not in the UPDATE, several get the last piece, and the count is wrong."""
    barrier = threading.Barrier(4, timeout=30)

    def read_then_write(listing_id: UUID, *, pieces: int, buyer_id: UUID) -> stock.Held | None:
        seen = Listing.objects.get(pk=listing_id)
        barrier.wait()
        if seen.quantity - seen.reserved - seen.sold < pieces:
            return None
        Listing.objects.filter(pk=listing_id).update(reserved=seen.reserved + pieces)
        facts = (seen.title, seen.description, seen.condition, seen.category_id, seen.version)
        return stock.Held(seen.seller_id, seen.price_cents, seen.currency, *facts)

    monkeypatch.setattr(stock, "hold", read_then_write)
    monkeypatch.setattr(ordinary, "place", lambda **_: None)

    assert rush(make_person, listing, 4)[201] > 1
    assert any(fault.startswith("I2") for fault in books.faults_in(ask, edges=EDGES))


def test_the_same_order_sent_twice_at_once_for_the_last_piece(buyer: User, listing: Listing) -> None:
    """The second waits for the piece that the first has taken, and must find that it was its own."""
    body = {"listing_id": str(listing.pk), "quantity": 1, "client_id": str(uuid4())}

    came = at_once([posting(buyer, "/v1/orders", body) for _ in range(8)])

    assert Counter(status for status, _ in came) == {201: 1, 200: 7}
    assert len({answer["id"] for _, answer in came}) == 1


def test_no_more_unpaid_at_once_than_one_after_the_other(
    buyer: User, make_listing: Callable[..., Listing], settings: Settings, either_road: None
) -> None:
    """Of different things, so that no listing's row makes them wait for each other."""
    settings.ORDER_MOST_UNPAID = 3
    things = [make_listing() for _ in range(12)]

    came = at_once([posting(buyer, "/v1/orders", {"listing_id": str(thing.pk)}) for thing in things])

    assert Counter(status for status, _ in came) == {201: 3, 409: 9}


# ── Paying ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("same_key", [True, False])
def test_T18_thirty_pay_at_once_and_there_is_one_payment(buyer: User, order: Order, same_key: bool) -> None:
    path, key = f"/v1/orders/{order.pk}/pay", uuid4().hex
    keys = [key if same_key else uuid4().hex for _ in range(30)]

    came = at_once([posting(buyer, path, {}, HTTP_IDEMPOTENCY_KEY=key) for key in keys])
    finish(order.pk)

    assert Counter(status for status, _ in came) == {202: 30}
    assert len({answer["payment_id"] for _, answer in came}) == 1
    assert SimulatorRecord.objects.filter(kind="authorize", state="succeeded").count() == 1
    assert LedgerTransaction.objects.count() == 1
    all_is_well()


def test_negative_control_without_the_lock_paying_at_once_goes_wrong(
    buyer: User, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guards behind it, version and unique key, refuse the second: no money is doubled, but somebody sees a 5xx."""
    without_row_locks(monkeypatch)
    client_errors = [type(each) for each in at_once([lambda: paying.pay(buyer, order.pk)] * 12)]

    assert set(client_errors) != {Order}


# ── Steps against each other ─────────────────────────────────────────────────────────────────────

Wish = Callable[[], object]


def expire(order: Order) -> Wish:
    Deadline.objects.filter(order=order, kind=deadlines.TIMEOUT).update(due_at=Now())
    return lambda: deadlines._ring(order.pk)


def dispute(user: User, order: Order) -> Wish:
    def step() -> None:
        with transaction.atomic():
            locked, by = moving.lock_for(user, order.pk)
            moving.move(locked, Step.DISPUTE, by=by)

    return step


def accepted(order: Order, buyer: User, seller: User) -> None:
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    accepting.accept(seller, order.pk)


def raced(order: Order, wishes: Sequence[Wish]) -> list[Any]:
    """Each is done or refused as a rule says, whoever was first; and whatever happened, it ends with clean books."""
    came = at_once(wishes)
    finish(order.pk)
    unexpected = [each for each in came if isinstance(each, Exception) and not isinstance(each, DomainError)]
    assert unexpected == []
    all_is_well()
    return came


def test_M6_expiry_against_pay_against_cancel(buyer: User, make_order: Callable[..., Order]) -> None:
    for _ in range(ROUNDS):
        order = make_order()
        raced(order, [expire(order), lambda: paying.pay(buyer, order.pk), lambda: ending.cancel(buyer, order.pk)])  # noqa: B023
        order.refresh_from_db()
        assert order.is_over
        assert order.events.exclude(to_state__in=("created", "paying", "settling", "funded")).count() == 1


def test_M7_confirm_against_dispute_against_the_clock(
    buyer: User, seller: User, make_order: Callable[..., Order]
) -> None:
    for _ in range(ROUNDS):
        order = make_order()
        accepted(order, buyer, seller)
        handing_over.ship(seller, order.pk)
        complete = lambda: ending.complete(buyer, order.pk)  # noqa: B023, E731
        came = raced(order, [complete, dispute(seller, order), expire(order)])
        order.refresh_from_db()
        steps = list(order.events.filter(from_state="handed_over").values_list("step", flat=True))
        assert len(steps) == 1, (steps, came)


def test_F16_capture_against_refund_against_cancel(buyer: User, seller: User, make_order: Callable[..., Order]) -> None:
    for _ in range(ROUNDS):
        order = make_order()
        accepted(order, buyer, seller)
        wishes: list[Wish] = [
            lambda: paying.capture(buyer, order.pk),  # noqa: B023
            lambda: ending.refund(seller, order.pk),  # noqa: B023
            lambda: ending.cancel(seller, order.pk),  # noqa: B023
        ]
        raced(order, wishes)
        order.refresh_from_db()
        assert order.state == "refunded"


def test_F16_completed_twice_at_once_pays_once(buyer: User, seller: User, paid: Order) -> None:
    came = raced(paid, [lambda: ending.complete(buyer, paid.pk)] * 10)

    assert {type(each) for each in came} == {Order}
    paid.refresh_from_db()
    assert paid.state == "completed"
    assert Counter(SimulatorRecord.objects.values_list("kind", flat=True)) == {
        "authorize": 1,
        "capture": 1,
        "transfer": 1,
    }


def test_negative_control_without_the_lock_steps_cross(
    buyer: User, seller: User, make_order: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the lock gives: without it, the clock and the buyer cross, and one gets an error that is no answer."""
    order = make_order()
    accepted(order, buyer, seller)
    handing_over.ship(seller, order.pk)
    wish = expire(order)
    barrier = crossing(monkeypatch)

    came = at_once([lambda: ending._confirm(buyer, order.pk), wish])

    assert not barrier.broken
    assert any(isinstance(each, Exception) for each in came), "both were checked, and one came too late"


# ── The clock ────────────────────────────────────────────────────────────────────────────────────


def test_F17_two_sweeps_ring_each_deadline_once(buyer: User, listing: Listing) -> None:
    Listing.objects.filter(pk=listing.pk).update(quantity=AT_ONCE_DUE)
    orders = place_many(buyer, listing, AT_ONCE_DUE)
    Deadline.objects.update(due_at=Now())

    while deadlines.is_anything_due():  # a sweep has so many seconds and no more
        at_once([deadlines.ring_due, deadlines.ring_due])

    assert Order.objects.filter(pk__in=orders, state="expired", version=2).count() == AT_ONCE_DUE
    assert not Deadline.objects.exists()
    listing.refresh_from_db()
    assert listing.reserved == 0


def place_many(buyer: User, listing: Listing, count: int) -> list[UUID]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terms, "most_unpaid", lambda: 0)
        return [placing.place(buyer, placing.Wish(listing.pk))[0].pk for _ in range(count)]
