"""Every night: do the roll-ups say what the raw rows say? Where they do not, that is told, and repaired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import structlog
from django.db import connection, transaction
from prometheus_client import Counter

from analytics.models import Day, MovedListing
from analytics.querysets.proving import EVENTS_OF_A_DAY, LISTINGS_ELSEWHERE, things_of_a_day
from analytics.querysets.things import LISTINGS, ORDERS
from analytics.querysets.window import DAY, midnight
from analytics.services.folding import WAIT, lock_state
from analytics.services.rebuilding import days_between, has_all_raw, rebuild_day

log = structlog.get_logger(__name__)
differences_found = Counter(
    "rollup_differences_total", "Numbers of a day that did not say what the raw rows say", ["kind"]
)


@dataclass(frozen=True)
class Difference:
    day: date
    kind: str
    key: str | None
    rolled: int
    true: int


@dataclass(frozen=True)
class Proof:
    days: int
    differences: list[Difference]

    @property
    def is_ok(self) -> bool:
        return not self.differences


def prove(*, since: date | None = None, until: date | None = None, repair: bool = False) -> Proof:
    _look_for_listings_elsewhere()
    days = list(days_between(since, until))
    return Proof(len(days), [each for day in days for each in _proved(day, repair=repair)])


def _proved(day: date, *, repair: bool) -> list[Difference]:
    found = [*_of_things(day), *_of_events(day)]
    for each in found:
        differences_found.labels(each.kind).inc()
        log.error("rollup_differs", **{**vars(each), "day": str(each.day)})
    if repair and found:
        rebuild_day(day)
        Day.objects.filter(day=day).update(is_closed=False)  # counted again when its turn comes
        log.warning("rollup_repaired", day=str(day))
    return found


@transaction.atomic
def _of_things(day: date) -> list[Difference]:
    return [*_found(day, things_of_a_day(LISTINGS)), *_found(day, things_of_a_day(ORDERS))]


@transaction.atomic
def _of_events(day: date) -> list[Difference]:
    """Holds the folds up for as long as it looks at this day."""
    state = lock_state(WAIT)
    return _found(day, EVENTS_OF_A_DAY) if state is not None and has_all_raw(day, state) else []


def _found(day: date, statement: str) -> list[Difference]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")  # all of a day
        cursor.execute(statement, {"day": day, "start": midnight(day), "end": midnight(day + DAY)})
        return [Difference(day, *row) for row in cursor.fetchall()]


def _look_for_listings_elsewhere() -> None:
    """Not a difference: they are counted where they are now by the next fold."""
    with connection.cursor() as cursor:
        cursor.execute(LISTINGS_ELSEWHERE)
        MovedListing.objects.bulk_create(MovedListing(listing_id=listing) for (listing,) in cursor.fetchall())
