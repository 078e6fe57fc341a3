"""Hundredths of a currency in Stripe's words, and back."""

from __future__ import annotations

import pytest

from orders.providers.stripe.amounts import NotInThisCurrency, from_stripe, to_stripe


@pytest.mark.parametrize(
    ("cents", "currency", "amount"),
    [(1_234, "USD", 1_234), (1_200, "CLP", 12), (1_200, "ISK", 1_200), (1_200, "UGX", 1_200), (1_234, "KWD", 12_340)],
)
def test_there_and_back(cents: int, currency: str, amount: int) -> None:
    assert to_stripe(cents, currency) == amount
    assert from_stripe(amount, currency) == cents


@pytest.mark.parametrize("currency", ["CLP", "JPY", "ISK", "UGX"])
def test_there_is_no_coin_for_a_part_of_the_unit(currency: str) -> None:
    with pytest.raises(NotInThisCurrency):
        to_stripe(1_234, currency)
