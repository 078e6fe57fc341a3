"""A page of 500 changes over HTTP beside a bare read of 500 rows; and what stamps cost whoever writes.

Full: at 200,000 listings and at ten times as many, some minutes; a missed goal is a failure. SHORT=1: 5,000, and the
ratios are only shown.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from _delta_data import fall_behind, fill, switch, triggers
from _load import SHORT, Contender, python, serving
from _own_database import own_database
from _talk_data import Talk, talk

LISTINGS = (5_000,) if SHORT else (200_000, 2_000_000)
PAGE = 500
TIMES, ROUNDS, STEPS = (40, 3, 30) if SHORT else (200, 9, 100)
UVICORN = ("--port", "{port}", "--no-proxy-headers", "--no-access-log", "--log-level", "error")
OURS = "ours"
SERVER = Contender(OURS, python("-m", "uvicorn", "marketplace.asgi:application", *UVICORN))
BARE = "SELECT * FROM listings_listing WHERE is_active ORDER BY created_at DESC, id DESC LIMIT 500"
MUST, AIM, GROWTH = 10.0, 4.0, 1.5

Step = Callable[[int], Any]


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────


class Phone:
    def __init__(self, address: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, cursor: str) -> bytes:
        path = f"/v1/sync/delta?limit={PAGE}&cursor={quote(cursor)}"
        self._connection.request("GET", path, headers=self._headers)
        reply = self._connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise SystemExit(f"{reply.status} {body[:500]!r}")
        return body


def pages(phone: Phone, cursor: str) -> tuple[float, float]:
    """p95 in milliseconds of a page, and of the bare read, turn by turn."""
    told = json.loads(phone.ask(cursor))
    if len(told["listings"]) != PAGE:
        raise SystemExit(f"A page of {len(told['listings'])} listings")
    ours, bare = list[float](), list[float]()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) as database:
        for _ in range(TIMES):
            ours.append(_took(lambda: phone.ask(cursor)))
            bare.append(_took(lambda: database.execute(BARE).fetchall()))
    return _p95(ours), _p95(bare)


def _took(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1_000


def _p95(seen: list[float]) -> float:
    return statistics.quantiles(seen, n=20)[-1]


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────


def steps(people: Talk) -> dict[str, Step]:
    from django.db import connection
    from django.utils import timezone

    from accounts.models import User
    from chat.services import marks, sending
    from listings.models import Category, Listing
    from listings.services import listings
    from orders.services import ordinary, placing

    sender = User.objects.get(pk=people.people[0])
    facts = {"title": "Bench", "price_cents": 1_000, "currency": "COP", "category": Category.objects.get(slug="phones")}
    seller = User.objects.get(username="bench-seller")
    things = [listings.offer(seller, facts=facts, quantity=1_000_000).pk for _ in range(20)]

    def order(n: int) -> None:
        wish = placing.Wish(things[n % len(things)])
        session = people.sessions[1]
        if ordinary.place(buyer_id=people.people[1], session_id=session, wish=wish, claim=None) is None:
            raise SystemExit("An order was not that ordinary")

    def bulk(n: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE listings_listing SET price_cents = price_cents + 1 WHERE id = ANY(%s)", [things])

    def change(n: int) -> None:
        changes = {"price_cents": time.time_ns() // 1_000_000 + n}
        listings.change(things[n % len(things)], owner=seller, changes=changes, now=timezone.now())

    return {
        "send a message": lambda n: sending.send(sender, people.rooms[n % len(people.rooms)], sending.Draft("hola")),
        "mark it read": lambda n: marks.read_up_to(sender, people.rooms[n % len(people.rooms)], 2**40),
        "order a thing": order,
        "change a price": change,
        "20 prices at once": bulk,
        "hold a piece": lambda n: Listing.objects.filter(pk=things[n % 20]).update(reserved=n + 1),
    }


def writing(people: Talk) -> dict[str, tuple[float, float]]:
    """Milliseconds for each with stamps and without: medians of rounds in turn."""
    every, todo = triggers(), steps(people)
    seen: dict[tuple[str, bool], list[float]] = {(name, on): [] for name in todo for on in (True, False)}
    for round_number in range(ROUNDS + 1):
        for on in (True, False):
            switch(on, every)
            for name, step in todo.items():
                took = statistics.median(_took(lambda n=n, step=step: step(n)) for n in range(STEPS))  # type: ignore[misc]
                if round_number:
                    seen[name, on].append(took)
    switch(True, every)
    return {name: (statistics.median(seen[name, True]), statistics.median(seen[name, False])) for name in todo}


# ── Telling ──────────────────────────────────────────────────────────────────────────────────────


def main() -> int:
    os.environ |= {"JWT_SECRET": secrets.token_urlsafe(48), "RATE_LIMIT": "off", "ORDER_MOST_UNPAID": "1000000"}
    read: dict[int, tuple[float, float]] = {}
    with own_database("bench_delta"):
        people = talk(people=20, rooms=20)
        for many in LISTINGS:
            fill(many - sum(size for size in LISTINGS if size < many))
            cursor = fall_behind(people.people[0], PAGE)
            with serving([SERVER]) as addresses:
                read[many] = pages(Phone(addresses[OURS], people.tokens[0]), cursor)
        written = writing(people)
        _close()
    return _tell(read, written)


def _close() -> None:
    from django.db import connections

    connections.close_all()


def _tell(read: Mapping[int, tuple[float, float]], written: Mapping[str, tuple[float, float]]) -> int:
    print(f"\nA page of {PAGE} changes{' (short form)' if SHORT else ''}, p95")
    for many, (ours, bare) in read.items():
        print(f"  {many:>9,} listings: {ours:.1f} ms, bare read {bare:.1f} ms, {ours / bare:.2f} x")
    print("\nWhat stamps cost, one process")
    for name, (stamped, bare) in written.items():
        print(f"  {name:20}{stamped:>7.2f} ms, without {bare:.2f} ms, {stamped / bare:.2f} x")
    ratio = max(ours / bare for ours, bare in read.values())
    verdicts = [(ratio <= MUST, f"at most {MUST:.0f} x a bare read (aim {AIM:.0f} x): {ratio:.2f}")]
    if len(read) > 1:
        small, large = (ours / bare for ours, bare in read.values())  # minutes apart, so each beside what is flat
        growth = large / small
        verdicts.append((growth <= GROWTH, f"beside a bare read, ten times as many: at most {GROWTH} x: {growth:.2f}"))
    print()
    for held, text in verdicts:
        print(f"  {'✓' if held else '✗'} {text}")
    return 0 if SHORT or all(held for held, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
