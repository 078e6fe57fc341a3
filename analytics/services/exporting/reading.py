"""Rows out of the database, a few thousand at a time: the server keeps the place, and we keep only those."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from analytics.querysets.window import Window
from analytics.services.exporting.columns import PLAIN, Values, converted
from analytics.services.exporting.reports import Report

AT_ONCE = 5_000


@contextmanager
def read(report: Report, window: Window) -> Iterator[Iterator[Values]]:
    """All of it is of one moment, as one statement sees the database."""
    if window.is_empty:
        yield iter(())
        return
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(*report.asked(window))
        yield _batches(cursor, report)


def _batches(cursor: Any, report: Report) -> Iterator[Values]:
    while rows := cursor.fetchmany(AT_ONCE):
        yield converted(report.columns, zip(*rows, strict=True), PLAIN)


def count(report: Report, window: Window) -> int:
    """To know how far one is; it costs a look at everything."""
    if window.is_empty:
        return 0
    statement, parameters = report.asked(window)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement}) AS counted", parameters)  # noqa: S608
        return int(cursor.fetchone()[0])
