"""All questions see the same moment, whatever is bought meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """In somebody's transaction it is theirs.

    Every question is about everything, so nothing is looked up row by row: a planner that has not been told how the
    tables have grown would do that, and take minutes for a second's work.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
