"""A listing as chance has it: a plain value, before any table knows of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from uuid import UUID

from listings.demo import places, words
from listings.demo.chance import dice, key
from listings.demo.goods import CATEGORY_WEIGHTS, GOODS, Good

DAYS_BACK = 90
CENTS_OF_A_THOUSAND = 100_000
STATES = {"live": 86, "sold": 6, "paused": 4, "draft": 3, "archived": 1}
PRICE_CHANGES = (0, 0, 0, 0, 1, 1, 2)
CATEGORIES = list(CATEGORY_WEIGHTS)
CATEGORY_LIMITS = list(accumulate(CATEGORY_WEIGHTS.values()))
STATE_NAMES, STATE_LIMITS = list(STATES), list(accumulate(STATES.values()))
CONDITION_NAMES, CONDITION_LIMITS = list(words.CONDITIONS), list(accumulate(words.CONDITIONS.values()))


@dataclass(frozen=True, slots=True)
class Offer:
    n: int
    id: UUID
    good: Good
    seller: float  # which of the sellers, from 0 to 1
    category: str
    title: str
    description: str
    condition: str | None
    quantity: int
    place: tuple[float, float] | None
    state: str
    created_at: datetime
    prices: tuple[tuple[int, datetime], ...]  # oldest first; the last is today's


def offer(seed: int, n: int, *, midnight: datetime) -> Offer:
    """All of it happened before the day began, so nothing is younger than now."""
    chance = dice(seed, "listing", n)
    category = chance.choices(CATEGORIES, cum_weights=CATEGORY_LIMITS)[0]
    good = chance.choice(GOODS[category])
    condition = chance.choices(CONDITION_NAMES, cum_weights=CONDITION_LIMITS)[0]
    english = chance.random() < words.IN_ENGLISH
    spot, place = places.somewhere(chance)
    age = timedelta(days=DAYS_BACK * chance.random() ** 1.3)
    return Offer(
        n=n,
        id=key(seed, "listing", n),
        good=good,
        seller=chance.random() ** 1.6,  # some sell much, many sell little
        category=category,
        title=words.title(
            good.english if english else good.spanish, chance.choice(good.models), chance, english=english
        ),
        description=words.description(category, condition, spot.name, chance, english=english),
        condition=None if category == "services" else condition,
        quantity=chance.randint(2, 6) if category == "services" or chance.random() < 0.08 else 1,
        place=place,
        state=chance.choices(STATE_NAMES, cum_weights=STATE_LIMITS)[0],
        created_at=midnight - age,
        prices=_prices(good, condition, chance, first_at=midnight - age, age=age),
    )


def _prices(
    good: Good, condition: str, chance: random.Random, *, first_at: datetime, age: timedelta
) -> tuple[tuple[int, datetime], ...]:
    """People begin high and come down, by round sums."""
    asked = chance.uniform(good.cheapest, good.dearest) * words.WORTH[condition]
    seen = [(_round(asked), first_at)]
    for step in range(chance.choice(PRICE_CHANGES)):
        asked *= chance.uniform(0.82, 0.96)
        seen.append((_round(asked), first_at + age * (step + 1) / 3))
    return tuple(seen)


def _round(thousands: float) -> int:
    """In cents, and never free: whole thousands, above a hundred thousand whole ten thousands."""
    step = 10 if thousands > 100 else 1
    return max(step, round(thousands / step) * step) * CENTS_OF_A_THOUSAND
