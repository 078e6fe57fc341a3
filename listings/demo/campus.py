"""The whole campus, a part at a time; what is there already stays as it is."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from accounts.models import User
from listings.demo import pictures
from listings.demo.chance import dice, key
from listings.demo.copying import ROWS_AT_ONCE, Copier, side_by_side
from listings.demo.goods import EXTRA_BRANDS
from listings.demo.offers import Offer, offer
from listings.demo.people import person
from listings.models import Brand, Category, Favourite, Listing, ListingPrice
from listings.search import fresh, totals
from listings.services.catalogs import seed_base

FAVOURITES_EACH = 7
PEOPLE_AT_ONCE = 2_000  # PostgreSQL takes 65,535 parameters at once
MANY = 20_000  # from here on the planner has to be told how the tables have grown

Item = TypeVar("Item")
Progress = Callable[[str, int], None]  # which part, and how many more of it are done


def silently(part: str, done: int) -> None:
    """The progress nobody looks at."""


@dataclass(frozen=True)
class Plan:
    seed: int = 1
    users: int = 40
    listings: int = 300
    photos: int = 80


@dataclass(frozen=True)
class Added:
    people: int
    listings: int
    pictures: int
    favourites: int

    def __str__(self) -> str:
        return f"{self.people} people, {self.listings} listings, {self.pictures} pictures, {self.favourites} favourites"

    @property
    def is_nothing(self) -> bool:
        return not (self.people or self.listings or self.pictures or self.favourites)


def build(plan: Plan, *, now: datetime, progress: Progress = silently) -> Added:
    """All times are counted back from this morning; everything else depends on the plan alone."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    _brands()
    people, new_people = _people(plan, midnight=midnight, progress=progress)
    newest, new_listings = _listings(plan, people, midnight=midnight, progress=progress)
    added = Added(
        people=new_people,
        listings=new_listings,
        pictures=pictures.add(plan.seed, newest, plan.photos, done=lambda n: progress("pictures", n)),
        favourites=_favourites(plan, people),
    )
    if added.listings:
        totals.count_cells()
        fresh.tidy()
    if added.listings >= MANY:
        _analyze()
    return added


def _brands() -> None:
    seed_base()
    homes = {
        category.slug: category for category in Category.objects.filter(slug__in=dict(EXTRA_BRANDS.values()).values())
    }
    rows = [
        Brand(slug=slug, name=name, category=homes[home], reviewed_at=Now())
        for slug, (name, home) in EXTRA_BRANDS.items()
    ]
    Brand.objects.bulk_create(rows, ignore_conflicts=True)


def _people(plan: Plan, *, midnight: datetime, progress: Progress) -> tuple[Sequence[UUID], int]:
    """Who of the plan is there now, in its order. A name that somebody else has taken is left to them."""
    there: list[UUID] = []
    added = 0
    for part in _parts(range(plan.users), PEOPLE_AT_ONCE):
        wanted = [person(plan.seed, n, midnight=midnight) for n in part]
        before = _present(wanted)
        User.objects.bulk_create([one for one in wanted if one.pk not in before], ignore_conflicts=True)
        after = _present(wanted)
        there += [one.pk for one in wanted if one.pk in after]
        added += len(after) - len(before)
        progress("people", len(wanted))
    return there, added


def _present(people: Sequence[User]) -> set[UUID]:
    return set(User.objects.filter(pk__in=[one.pk for one in people]).values_list("pk", flat=True))


def _listings(
    plan: Plan, people: Sequence[UUID], *, midnight: datetime, progress: Progress
) -> tuple[Sequence[Offer], int]:
    """The youngest ones on offer, which get the pictures, and how many are new."""
    if not people:
        return [], 0
    copier, added = Copier(people), 0
    youngest: list[Offer] = []

    def copied(part: Sequence[int]) -> tuple[Sequence[Offer], int]:
        offers = [offer(plan.seed, n, midnight=midnight) for n in part]
        return offers, copier.add(offers)

    for offers, new in side_by_side(copied, list(_parts(range(plan.listings), ROWS_AT_ONCE))):
        added += new
        live = [one for one in offers if one.state == Listing.State.LIVE]
        youngest = heapq.nlargest(plan.photos, youngest + live, key=lambda one: (one.created_at, one.n))
        progress("listings", len(offers))
    return youngest, added


def _favourites(plan: Plan, people: Sequence[UUID]) -> int:
    return sum(_favourites_of(plan, part) for part in _parts(list(enumerate(people)), PEOPLE_AT_ONCE))


def _favourites_of(plan: Plan, people: Sequence[tuple[int, UUID]]) -> int:
    """Each person likes some of the listings, never their own."""
    liked = {who: _liked(plan, n) for n, who in people}
    seller_of = dict(
        Listing.objects.on_offer().filter(pk__in=set().union(*liked.values())).values_list("pk", "seller_id")
    )
    rows = [
        Favourite(id=key(plan.seed, "favourite", n * FAVOURITES_EACH + nth), user_id=who, listing_id=which)
        for n, who in people
        for nth, which in enumerate(liked[who])
        if seller_of.get(which, who) != who
    ]
    theirs = Favourite.objects.filter(user__in=liked)
    before = theirs.count()
    Favourite.objects.bulk_create(rows, ignore_conflicts=True)
    return theirs.count() - before


def _liked(plan: Plan, n: int) -> list[UUID]:
    chance = dice(plan.seed, "favourites", n)
    some = chance.sample(range(plan.listings), min(FAVOURITES_EACH, plan.listings))
    return [key(plan.seed, "listing", each) for each in some]


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _analyze() -> None:
    with connection.cursor() as cursor:
        for model in (User, Listing, ListingPrice):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
