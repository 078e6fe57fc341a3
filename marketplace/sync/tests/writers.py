"""Somebody who writes over a connection of their own, and commits when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection


class Writer:
    def __init__(self) -> None:
        self._db: Any = connection.copy()
        self._db.set_autocommit(False)

    def execute(self, statement: str, *values: object) -> None:
        with self._db.cursor() as cursor:
            cursor.execute(statement, values)

    def take_a_number(self) -> int:
        """A transaction gets its id with its first change."""
        with self._db.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            return int(cursor.fetchone()[0])

    def price(self, listing: UUID, cents: int) -> None:
        self.execute("UPDATE listings_listing SET price_cents = %s WHERE id = %s", cents, listing)

    def commit(self) -> None:
        self._db.commit()

    def rollback(self) -> None:
        self._db.rollback()

    def close(self) -> None:
        self._db.rollback()
        self._db.close()


@contextmanager
def writers(count: int) -> Iterator[list[Writer]]:
    made = [Writer() for _ in range(count)]
    try:
        yield made
    finally:
        for each in made:
            each.close()
