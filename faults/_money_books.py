"""The books, asked of the database itself: the SQL of `orders/tests/books.py`, on a connection of its own."""

from __future__ import annotations

import os
from typing import Any

import psycopg

from orders.tests import books


def ask(query: str, *values: object) -> int:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(query, values).fetchone()
        return int(row[0]) if row else 0


def do(statement: str, *values: object) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statement, values)


def faults(orders: list[str]) -> list[str]:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:

        def fetch(statement: str, values: dict[str, Any]) -> Any:
            return connection.execute(statement, values).fetchall()

        return books.faults_in(fetch, edges=books.edges_of_the_table(), orders=[*orders])  # type: ignore[list-item]


def end_leases() -> None:
    """What a dead worker had is free after half a minute, what failed is tried again later; a drill does not wait."""
    do("UPDATE orders_operation SET due_at = clock_timestamp() WHERE due_at > clock_timestamp()")


def unfinished(orders: list[str]) -> int:
    over = "('completed', 'refunded', 'cancelled', 'expired')"
    return ask(f"SELECT count(*) FROM orders_order WHERE id = ANY(%s::uuid[]) AND state NOT IN {over}", orders)
