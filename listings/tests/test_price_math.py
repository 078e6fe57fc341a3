"""The arithmetic of price suggestions."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from listings.models.listing import LARGEST_CENTS
from listings.querysets.quartiles import Quartiles
from listings.services import price_math
from listings.services.price_math import CONDITIONS

cents = st.floats(min_value=0, max_value=2 * LARGEST_CENTS, allow_nan=False)


def in_order(three: tuple[float, float, float]) -> Quartiles:
    low, middle, high = sorted(three)
    return Quartiles(low, middle, high, n=5)


quartiles = st.tuples(cents, cents, cents).map(in_order)
quanta = st.integers(min_value=1, max_value=10_000)


@given(quartiles, quanta)
def test_rounding_keeps_the_order_and_the_step_and_stays_within_bounds(exact: Quartiles, quantum: int) -> None:
    found = price_math.rounded(exact, quantum)

    assert 0 < found.p25 <= found.p50 <= found.p75 <= LARGEST_CENTS
    assert {found.p25 % quantum, found.p50 % quantum, found.p75 % quantum} == {0}


@given(st.integers(0, LARGEST_CENTS), st.integers(0, 12_000), quanta)
def test_a_better_condition_is_never_suggested_for_less(msrp: int, months: int, quantum: int) -> None:
    by_condition = [
        price_math.rounded(price_math.from_msrp(msrp, months=months, condition=condition), quantum).p50
        for condition in CONDITIONS
    ]

    assert by_condition == sorted(by_condition, reverse=True)


@given(quartiles, quartiles, st.integers(0, 10**6))
def test_a_mix_lies_between_what_it_is_mixed_from(prior: Quartiles, local: Quartiles, n: int) -> None:
    mixed = price_math.mixed(prior, replace(local, n=n))

    hair = 1 + 1e-9
    assert mixed.p25 <= mixed.p50 * hair
    assert mixed.p50 <= mixed.p75 * hair
    assert min(prior.p50, local.p50) / hair <= mixed.p50 <= max(prior.p50, local.p50) * hair
