"""The books, asked of the database itself, on a connection of the drill's own: `_money_books.sql`, and small questions.

Nothing here imports the product: a mistake in it cannot hide itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg

WITHIN_SECONDS = 60.0
LOADED_SECONDS = 120.0
CHECKS = Path(__file__).with_name("_money_books.sql").read_bytes()
OVER = "('completed', 'refunded', 'cancelled', 'expired')"
# Announcements name the order in their text, which no index helps to find; once for all is quick
TOLD = """
CREATE TEMP TABLE told AS SELECT (payload->>'order_id')::uuid AS id, (payload->>'version')::int AS version
FROM common_outboxevent WHERE kind LIKE 'order.%' AND payload ? 'version'
"""

Connection = psycopg.Connection[Any]


def connected() -> Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def ask(query: str, *values: object) -> int:
    with connected() as connection:
        row = connection.execute(query.encode(), values or None).fetchone()
        return int(row[0] or 0) if row else 0


def do(statement: str, *values: object) -> None:
    with connected() as connection:
        connection.execute(statement.encode(), values or None)


def mistakes(orders: Iterable[str]) -> list[str]:
    """At one moment, for workers may be at work meanwhile."""
    with connected() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            choose(connection, orders)
            return found(connection)


def choose(connection: Connection, orders: Iterable[str]) -> None:
    connection.execute("CREATE TEMP TABLE chosen (id uuid PRIMARY KEY)")
    with connection.cursor().copy("COPY chosen FROM STDIN") as copy:
        for order in set(orders):
            copy.write_row([order])
    connection.execute(TOLD.encode())
    connection.execute("CREATE INDEX ON told (id, version)")
    connection.execute("ANALYZE chosen")
    connection.execute("ANALYZE told")


def found(connection: Connection) -> list[str]:
    return [f"{what}: {where}" for what, where in connection.execute(CHECKS).fetchall()]


def unfinished(orders: list[str]) -> int:
    return ask(f"SELECT count(*) FROM orders_order WHERE id = ANY(%s::uuid[]) AND state NOT IN {OVER}", orders)


def end_leases() -> None:
    """What a dead worker had is free after half a minute, what failed is tried again later; a drill does not wait."""
    do("UPDATE orders_operation SET due_at = clock_timestamp() WHERE due_at > clock_timestamp()")


def nothing() -> None:
    pass


def until_at_work(*names: str) -> None:
    """Whole workers take seconds to load; they are there once they have a connection."""
    deadline = time.monotonic() + LOADED_SECONDS
    there = "SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE application_name = ANY(%s)"
    while ask(there, [*names]) < len(names) and time.monotonic() < deadline:
        time.sleep(0.05)


def until_over(
    orders: list[str], *, meanwhile: Callable[[], object] = nothing, within: float = WITHIN_SECONDS
) -> float:
    """How long it took until all were; given up after that."""
    began = time.monotonic()
    while time.monotonic() - began < within:
        meanwhile()
        if not unfinished(orders):
            break
        time.sleep(0.1)
    return time.monotonic() - began
