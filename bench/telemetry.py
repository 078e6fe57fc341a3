"""Events in batches of 50: ours by its whole door, beside a FastAPI peer and a stock DRF view that makes one INSERT per
event; and beside one connection without a door that makes INSERTs or copies.

Full: five rounds of three seconds each; a missed goal is a failure. SHORT=1: one round of a second each, and the
ratios are only shown. No commit waits for the disk: the wait would be the same for all and hide what is measured.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from _load import ROOT, SHORT, Contender, python, serving, wrk
from _own_database import own_database
from _telemetry_data import BATCH, COLUMNS, batch, rows, usual_table, write_batches

OURS, PEER, STOCK = "ours", "FastAPI peer", "stock DRF view"
ONE, LIMIT = "one INSERT connection", "one COPY connection"
UVICORN = ("--port", "{port}", "--no-proxy-headers", "--no-access-log", "--log-level", "error")
SERVERS = [
    Contender(OURS, python("-m", "uvicorn", "marketplace.asgi:application", *UVICORN)),
    Contender(PEER, python("-m", "uvicorn", "_telemetry_peer:app", "--app-dir", "bench", "--loop", "uvloop", *UVICORN)),
    Contender(STOCK, python("-m", "uvicorn", "_telemetry_stock:application", "--app-dir", "bench", *UVICORN)),
]
ROUNDS, SECONDS = (1, 1) if SHORT else (5, 3)
GOALS = {PEER: (2.0, 2.8), STOCK: (15.0, None), LIMIT: (None, 0.75)}  # must, aim
VALUES = ", ".join(["%s"] * (COLUMNS.count(",") + 1))

Work = Callable[[psycopg.Connection[Any], list[tuple[Any, ...]]], None]


def one_by_one(connection: psycopg.Connection[Any], events: list[tuple[Any, ...]]) -> None:
    """Each committed for itself, as by a server that takes one event at a time."""
    for event in events:
        connection.execute(f"INSERT INTO bench_event ({COLUMNS}) VALUES ({VALUES})", event)


def copied(connection: psycopg.Connection[Any], events: list[tuple[Any, ...]]) -> None:
    """Into the table that ours writes to, which has next to no indexes."""
    with connection.cursor() as cursor, cursor.copy(f"COPY analytics_event ({COLUMNS}) FROM STDIN") as copy:
        for event in events:
            copy.write_row(event)


def directly(work: Work, user: UUID) -> float:
    """Events a second, by one connection that does nothing else."""
    events = rows(batch(random.Random(7), session="session"), user)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0) as connection:
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            work(connection, events)
            done += BATCH
        return done / (time.perf_counter() - began)


def by_the_door(address: str, batches: Path) -> float:
    script = str(ROOT / "bench" / "_telemetry_batches.lua")
    return BATCH * wrk(address, "-s", script, seconds=SECONDS, headers={}, arguments=[str(batches)])


def measured(turns: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Everybody has their turn in every round; the first one warms up."""
    seen: dict[str, list[float]] = {who: [] for who in turns}
    for number in range(ROUNDS + 1):
        for who, turn in turns.items():
            figure = turn()
            if number > 0:
                seen[who].append(figure)
    return seen


def tell(seen: dict[str, list[float]]) -> bool:
    """And whether what must be is."""
    print(f"\nEvents a second, in batches of {BATCH}{' (short form)' if SHORT else ''}")
    is_good = True
    for who, figures in seen.items():
        ratios = [ours / other for ours, other in zip(seen[OURS], figures, strict=True)]
        ratio = statistics.median(seen[OURS]) / statistics.median(figures)
        must, aim = GOALS.get(who, (None, None))
        wanted = ", ".join(
            f"{word} {goal} {'✓' if ratio >= goal else '✗'}" for word, goal in (("must", must), ("aim", aim)) if goal
        )
        is_good = is_good and ratio >= (must or 0)
        spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"  {who:22}{statistics.median(figures):>9.0f}/s   ours / it {ratio:>6.2f} {spread:18} {wanted}")
    return is_good


def main() -> int:
    with own_database("bench_telemetry"), tempfile.TemporaryDirectory() as folder:
        from django.conf import settings
        from django.db import connections

        batches = Path(folder) / "batches.txt"
        usual_table()
        user = write_batches(batches)
        connections.close_all()
        secret = settings.JWT_SECRET
        with serving(SERVERS, JWT_SECRET=secret) as addresses:
            seen = measured(
                {
                    OURS: lambda: by_the_door(addresses[OURS], batches),
                    PEER: lambda: by_the_door(addresses[PEER], batches),
                    STOCK: lambda: by_the_door(addresses[STOCK], batches),
                    ONE: lambda: directly(one_by_one, user),
                    LIMIT: lambda: directly(copied, user),
                }
            )
    return 0 if tell(seen) or SHORT else 1


if __name__ == "__main__":
    sys.exit(main())
