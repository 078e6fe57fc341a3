"""A capture that was refused says nothing of where the money is: it stays there, and an operator is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db.models.functions import Now

from accounts.models import User
from listings.models import Listing
from orders import ledger
from orders.lifecycle import Party, Step
from orders.models import Deadline, Order, SimulatorRecord
from orders.providers.simulator import book
from orders.services import deadlines, handing_over, moving, operating, operations, settling
from orders.tests.money import books_balance, hurry, provider_has, settled

pytestmark = pytest.mark.django_db


def captured_over_there(order: Order, cents: int) -> None:
    """By somebody, at the provider itself."""
    payment = order.operations.get(kind="authorize")
    book.perform(replace(operations.request_for(payment), key="by hand", kind="capture", amount_cents=cents))


def secure(order: Order) -> Order:
    Deadline.objects.filter(order=order, kind="secure").update(due_at=Now())
    deadlines.ring_due()
    return settled(order)


def pieces_free(order: Order) -> int:
    return Listing.objects.get(pk=order.listing_id).available


def test_an_order_whose_capture_is_refused_for_good_stands_still(seller: User, paid: Order) -> None:
    handing_over.ship(seller, paid.pk)
    captured_over_there(paid, paid.total_cents)

    secure(paid)

    assert (paid.state, paid.release_cents, paid.quarantined_at is None) == ("handed_over", None, False)
    assert paid.needs_attention == "capture was refused: already_captured"
    assert not paid.operations.filter(kind="void").exists()
    assert pieces_free(paid) == 0
    assert books_balance()


def test_what_was_decided_stays_decided_when_its_capture_is_refused_for_good(buyer: User, paid: Order) -> None:
    captured_over_there(paid, 100)
    order = moving.lock(paid.pk)
    moving.move(order, Step.CONFIRM, by=moving.By(Party.BUYER, buyer))
    settling.advance(order)

    settled(paid)

    assert (paid.state, paid.release_cents, paid.is_sale) == ("settling", paid.total_cents, True)
    assert (paid.quarantined_at is None, pieces_free(paid)) == (False, 0)
    assert provider_has(paid).captured == 100


def test_once_lifted_it_is_asked_for_again(
    seller: User, moderator: User, make_order: Callable[..., Order], paid: Order
) -> None:
    handing_over.ship(seller, paid.pk)
    captured_over_there(paid, paid.total_cents)
    secure(paid)
    SimulatorRecord.objects.filter(key="by hand").delete()  # mended at the provider

    operating.lift_quarantine(moderator, paid.pk, reason="It was a mistake")
    secure(paid)
    hurry(paid)
    settled(paid)

    assert (paid.state, paid.quarantined_at) == ("handed_over", None)
    assert (provider_has(paid).captured, ledger.in_escrow(paid.pk)) == (paid.total_cents, paid.total_cents)
