"""The fee: frozen in the order, within its bounds, never more than the seller gets; and splits of odd cents (M17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from orders import ledger
from orders.lifecycle import Party, Step
from orders.models import Order, Posting
from orders.providers.simulator import book
from orders.services import ending, moving, operations, paying, settling
from orders.terms import Fee


@given(st.integers(0, 10**12), st.integers(0, 10_000), st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
def test_a_fee_is_within_its_bounds_and_within_what_there_is(
    cents: int, basis_points: int, least: int, most: int | None
) -> None:
    fee = Fee(basis_points, least, most).of(cents)

    assert 0 <= fee <= cents
    assert most is None or fee <= most
    if most is None or most >= least:
        assert fee >= min(least, cents)


@given(st.integers(0, 10**12), st.integers(0, 10_000), st.integers(0, 10**6), st.none() | st.integers(0, 10**6))
def test_a_fee_in_whole_coins_leaves_the_seller_whole_coins(
    cents: int, basis_points: int, least: int, most: int | None
) -> None:
    price = cents * 100

    fee = Fee(basis_points, least, most, coin_cents=100).of(price)

    exact = Fee(basis_points, least, most).of(price)
    assert (fee % 100, (price - fee) % 100) == (0, 0)
    assert exact - 100 < fee <= exact


def credited(code: str) -> int:
    return int(Posting.objects.filter(account__code=code, amount__gt=0).aggregate(sum=Sum("amount"))["sum"] or 0)


def pay_for(order: Order, buyer: User) -> None:
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bps", "least", "most", "price", "fee"),
    [
        (250, 0, 0, 9_999, 250),
        (250, 500, 0, 9_999, 500),
        (250, 0, 100, 9_999, 100),
        (0, 500, 0, 300, 300),
        (0, 0, 0, 1, 0),
    ],
)
def test_the_seller_gets_the_price_without_the_fee(
    make_order: Callable[..., Order],
    buyer: User,
    seller: User,
    settings: Settings,
    bps: int,
    least: int,
    most: int,
    price: int,
    fee: int,
) -> None:
    settings.ORDER_FEE_BPS, settings.ORDER_FEE_MIN_CENTS, settings.ORDER_FEE_MAX_CENTS = bps, least, most
    order = make_order(price_cents=price)
    settings.ORDER_FEE_BPS = 9_000  # frozen in the order, so it does not matter any more
    pay_for(order, buyer)

    ending.complete(buyer, order.pk)

    order.refresh_from_db()
    assert (order.state, order.fee_cents) == ("completed", fee)
    assert (credited(f"seller:{seller.pk}"), credited("revenue.fee")) == (price - fee, fee)
    assert book.sums_of(str(order.pk)).transferred == price - fee


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["COP", "USD", "EUR"])
@pytest.mark.parametrize("is_captured", [False, True])
def test_M17_a_split_of_odd_cents_leaves_nothing_over(
    make_order: Callable[..., Order], buyer: User, settings: Settings, currency: str, is_captured: bool
) -> None:
    settings.ORDER_FEE_BPS = 333
    order = make_order(price_cents=10_001, currency=currency)
    pay_for(order, buyer)
    if is_captured:
        paying.capture(buyer, order.pk)

    split(order, buyer, release_cents=3_333)

    order.refresh_from_db()
    sums: Any = book.sums_of(str(order.pk))
    assert (order.state, ledger.in_escrow(order.pk)) == ("completed", 0)
    assert (sums.captured - sums.refunded, sums.transferred) == (3_333, 3_333 - 111)
    totals = (
        Posting.objects.values("account__currency").annotate(sum=Sum("amount")).values_list("account__currency", "sum")
    )
    assert list(totals) == [(currency, 0)]


@pytest.mark.django_db
def test_M17_a_split_that_the_fee_takes_whole_pays_the_seller_nothing(
    make_order: Callable[..., Order], buyer: User, settings: Settings
) -> None:
    settings.ORDER_FEE_MIN_CENTS = 500
    order = make_order(price_cents=10_000)
    pay_for(order, buyer)

    split(order, buyer, release_cents=300)

    order.refresh_from_db()
    assert (order.state, credited("revenue.fee"), ledger.in_escrow(order.pk)) == ("completed", 300, 0)
    assert book.sums_of(str(order.pk)).transferred == 0


def split(order: Order, buyer: User, *, release_cents: int) -> None:
    locked = moving.lock(order.pk)
    moving.move(locked, Step.DISPUTE, by=moving.By(Party.BUYER, buyer))
    moving.move(locked, Step.D_AGREE_SPLIT, by=moving.By(Party.BUYER, buyer), release_cents=release_cents)
    settling.advance(locked)
    operations.drive(order.pk)
