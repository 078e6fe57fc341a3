"""Cents stay cents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.common.money import Money, amount_from_cents, cents_from_amount


@given(st.integers(min_value=-(10**13), max_value=10**13))
def test_cents_survive_the_way_through_a_json_number(cents: int) -> None:
    assert cents_from_amount(amount_from_cents(cents)) == cents


@pytest.mark.parametrize(("amount", "cents"), [("8.5", 850), (8.5, 850), ("0.005", 1), (19.99, 1999), ("1e3", 100_000)])
def test_amounts_as_people_type_them(amount: str | float, cents: int) -> None:
    assert cents_from_amount(amount) == cents


@pytest.mark.parametrize("amount", ["", "NaN", "inf", "1e30", "abc", float("nan")])
def test_T21_what_is_no_amount_is_refused(amount: str | float) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        cents_from_amount(amount)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "COP") + Money(1, "USD")
    assert (Money(5, "COP") - Money(2, "COP")) * 3 == Money(9, "COP")


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=0, max_value=10_000))
def test_a_share_and_its_rest_make_the_whole(cents: int, points: int) -> None:
    whole = Money(cents, "COP")
    share = whole.share(points)
    assert 0 <= share.cents <= cents
    assert share + (whole - share) == whole
    assert abs(share.cents * 10_000 - cents * points) <= 5_000
