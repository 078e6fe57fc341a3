"""What cards and the fresh cost whoever offers or changes a listing: the same services with their triggers and without.

No commit waits for the disk: the wait is the same for all and would hide what is measured.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from _load import SHORT
from _own_database import own_database

ROUNDS, TIMES = (3, 20) if SHORT else (9, 100)
TRIGGERS = {
    "cards": ("listing_offered", "listing_changed"),
    "fresh": ("listing_came_fresh", "listing_stays_fresh"),
}
MOST = 1.5  # with both, as a multiple of the time without

Step = Callable[[int], Any]


def switched(on: frozenset[str]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for name, triggers in TRIGGERS.items():
            for trigger in triggers:
                cursor.execute(
                    f"ALTER TABLE listings_listing {'ENABLE' if name in on else 'DISABLE'} TRIGGER {trigger}"
                )


def steps() -> dict[str, Step]:
    from django.utils import timezone

    from accounts.models import User
    from listings.models import Category
    from listings.services import listings

    seller = User.objects.create(username=f"bench{uuid4().hex[:8]}", email=f"{uuid4().hex[:8]}@uni.example")
    home = Category.objects.get(slug="laptops")
    facts = {"title": "Lenovo ThinkPad X1", "description": "Poco uso, con cargador. " * 6, "category": home}

    def offered(n: int) -> Any:
        return listings.offer(seller, facts={**facts, "price_cents": 100_000 + n, "currency": "COP"})

    things = [offered(n).pk for n in range(TIMES)]

    def changed(**changes: Any) -> Step:
        def step(n: int) -> Any:
            given = {name: value(n) for name, value in changes.items()}
            return listings.change(things[n % TIMES], owner=seller, changes=given, now=timezone.now())

        return step

    return {
        "offer": offered,
        "change the price": changed(price_cents=lambda n: time.time_ns() // 1_000_000 + n),
        "change the title": changed(title=lambda _: f"ThinkPad {uuid4().hex[:12]}"),
    }


def milliseconds(step: Step) -> float:
    started = time.perf_counter()
    for n in range(TIMES):
        step(n)
    return (time.perf_counter() - started) / TIMES * 1_000


def main() -> int:
    with own_database("bench_writing"):
        ways = {"without": frozenset[str](), "cards": frozenset({"cards"}), "both": frozenset(TRIGGERS)}
        todo = steps()
        seen: dict[tuple[str, str], list[float]] = {(name, way): [] for name in todo for way in ways}
        for _ in range(ROUNDS):
            for way, on in ways.items():
                switched(on)
                for name, step in todo.items():
                    seen[name, way].append(milliseconds(step))
        _close()
    return _told({turn: statistics.median(figures) for turn, figures in seen.items()}, list(todo))


def _close() -> None:
    from django.db import connections

    connections.close_all()


def _told(took: dict[tuple[str, str], float], names: list[str]) -> int:
    print("\nOne listing by its service, as a multiple of the time without triggers")
    worst = 0.0
    for name in names:
        bare = took[name, "without"]
        cells = "".join(f"{took[name, way] / bare:>9.2f} x with {way}" for way in ("cards", "both"))
        print(f"  {name:20}{bare:>7.2f} ms{cells}")
        worst = max(worst, took[name, "both"] / bare)
    print(f"  {'✓' if worst <= MOST else '✗'} at most {MOST} x with both: {worst:.2f}")
    return 0 if SHORT or worst <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
