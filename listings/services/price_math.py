"""The arithmetic of price suggestions, without a database."""

from __future__ import annotations

import math
from dataclasses import dataclass

from listings.models.listing import LARGEST_CENTS
from listings.querysets.quartiles import Quartiles

PRIOR_WEIGHT = 20
MOST_LOCAL_WEIGHT = 40
CONDITIONS = {"new": 1.0, "like_new": 0.9, "good": 0.8, "fair": 0.65, "poor": 0.5}
USUAL_CONDITION = "good"  # when nobody says: most of what is sold on a campus has been used, and works
KEPT_PER_MONTH = 0.98
LEAST_KEPT = 0.25
LOW_SHARE, HIGH_SHARE = 0.75, 1.4
FALLBACK_CENTS = 100_000


@dataclass(frozen=True)
class Prices:
    """In whole cents, as they are shown."""

    p25: int
    p50: int
    p75: int


def mixed(prior: Quartiles, local: Quartiles) -> Quartiles:
    """The more offers there are to compare with, the less the category's habit counts."""
    weight = min(local.n, MOST_LOCAL_WEIGHT)

    def between(one: float, other: float) -> float:
        return (PRIOR_WEIGHT * one + weight * other) / (PRIOR_WEIGHT + weight)

    return Quartiles(
        between(prior.p25, local.p25), between(prior.p50, local.p50), between(prior.p75, local.p75), n=local.n
    )


def from_msrp(msrp_cents: int, *, months: int, condition: str | None) -> Quartiles:
    """What is left of the price when new, after so many months and in this condition."""
    kept = max(KEPT_PER_MONTH**months, LEAST_KEPT)
    worth = CONDITIONS.get(condition or USUAL_CONDITION, CONDITIONS[USUAL_CONDITION])
    return around(msrp_cents * kept * worth)


def around(middle: float) -> Quartiles:
    return Quartiles(middle * LOW_SHARE, middle, middle * HIGH_SHARE)


def rounded(found: Quartiles, quantum: int) -> Prices:
    """To whole steps, at least one, so nothing is ever suggested for free. Rounding keeps the order of the three."""
    most = LARGEST_CENTS // quantum

    def steps(cents: float) -> int:
        return min(max(math.floor(cents / quantum + 0.5), 1), most)

    return Prices(*(steps(cents) * quantum for cents in (found.p25, found.p50, found.p75)))
