"""What the database refuses, whatever a program does: I1, I3 to I7, I12 and I13 of the money design."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.db.models import F

from accounts.models import User
from listings.models import Listing
from orders import ledger
from orders.ledger import Leg
from orders.lifecycle import Step
from orders.models import Account, LedgerTransaction, Order, OrderEvent, Posting, StockHold
from orders.services import ending, moving

pytestmark = pytest.mark.django_db


def refused(change: Callable[[], Any]) -> bool:
    """At once, or at the latest when it would be committed."""
    try:
        with transaction.atomic():
            change()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except Error:
        return True
    return False


def book(order: Order, source: str, *amounts: tuple[str, int]) -> None:
    ledger.post(source, order, *(Leg(code, cents) for code, cents in amounts))


def test_a_booking_that_does_not_add_up_is_refused(order: Order) -> None:
    assert refused(lambda: book(order, "x", ("a", 5), ("b", -4)))


def test_an_empty_or_one_legged_booking_is_refused(order: Order) -> None:
    assert refused(lambda: LedgerTransaction.objects.create(source="x", order=order))
    assert refused(lambda: book(order, "x", ("a", 5)))


def test_an_overdraft_is_refused(order: Order) -> None:
    assert refused(lambda: ledger.refunded(order, "x", 1, "simulator"))


def test_the_same_source_is_booked_once(order: Order) -> None:
    first, again = (ledger.post("x", order, Leg("a", 5), Leg("b", -5, may_be_negative=True)) for _ in range(2))

    assert (first, again) == (True, False)
    assert Account.objects.get(code="a").balance == 5
    assert Posting.objects.count() == 2


@pytest.mark.parametrize("model", [Posting, LedgerTransaction, OrderEvent])
def test_what_is_written_in_the_books_stays(order: Order, model: type[Any]) -> None:
    ledger.authorized(order, "x", 5)

    assert refused(lambda: model.objects.all()._raw_delete("default"))
    assert refused(lambda: model.objects.update(id=F("id") + 1_000_000))


def test_accounts_that_everybody_shares_keep_no_balance(order: Order) -> None:
    ledger.captured(order, "x", held=0, cents=7, provider="simulator")

    assert Account.objects.get(code="psp_clearing:simulator").balance == 0
    assert ledger.in_escrow(order.pk) == 7


@pytest.mark.parametrize(
    "change", [{"total_cents": 1}, {"unit_price_cents": 1}, {"quantity": 2}, {"currency": "USD"}, {"fee_bps": 9_999}]
)
def test_what_was_agreed_cannot_change(order: Order, change: dict[str, Any]) -> None:
    assert refused(lambda: Order.objects.filter(pk=order.pk).update(**change))


def test_a_state_changes_with_a_step_of_its_own_only(order: Order) -> None:
    rows = Order.objects.filter(pk=order.pk)

    assert refused(lambda: rows.update(state="paying"))
    assert refused(lambda: rows.update(state="paying", version=F("version") + 1))
    assert refused(lambda: rows.update(state="paying", version=F("version") + 2))
    assert refused(lambda: rows._raw_delete("default"))


def test_the_end_is_the_end(buyer: User, order: Order) -> None:
    ending.cancel(buyer, order.pk)

    assert refused(lambda: Order.objects.filter(pk=order.pk).update(state="created", version=F("version") + 1))


def test_an_order_that_still_holds_pieces_cannot_end(order: Order) -> None:
    def end_without_freeing() -> None:
        moving.move(moving.lock(order.pk), Step.EXPIRE_UNPAID, by=moving.SYSTEM)

    assert refused(end_without_freeing)


def test_an_order_that_still_holds_money_cannot_end(order: Order) -> None:
    def end_with_money() -> None:
        ledger.captured(order, "x", held=0, cents=7, provider="simulator")
        ending.call_off(moving.lock(order.pk), Step.EXPIRE_UNPAID, by=moving.SYSTEM)

    assert refused(end_with_money)


def test_a_hold_leaves_held_once(order: Order) -> None:
    rows = StockHold.objects.filter(order=order)
    rows.update(state="released")

    assert refused(lambda: rows.update(state="consumed"))
    assert refused(lambda: rows.update(state="held"))


def test_stock_is_never_oversold_and_never_negative(order: Order, listing: Listing) -> None:
    rows = Listing.objects.filter(pk=listing.pk)

    assert refused(lambda: rows.update(reserved=F("reserved") + 1))
    assert refused(lambda: rows.update(reserved=F("reserved") - 2))


def test_events_are_numbered_without_a_gap(order: Order) -> None:
    def write(version: int) -> None:
        OrderEvent.objects.create(order=order, version=version, step="x", to_state="created", party="system")

    assert refused(lambda: write(3))
    assert refused(lambda: write(1))


def test_events_are_chained_so_that_a_change_shows(buyer: User, order: Order) -> None:
    ending.cancel(buyer, order.pk, reason="Sí, ya no")
    before = b""
    for event in order.events.order_by("version"):
        told = "|".join(
            [
                *(str(event.order_id), str(event.version), event.step, event.from_state, event.to_state),
                *(event.from_status, event.to_status, event.party, str(event.actor_id), event.reason, "{}"),
                event.at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            ]
        )
        before = hashlib.sha256(before + told.encode()).digest()
        assert bytes(event.hash) == before
