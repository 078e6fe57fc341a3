"""The newest listings and their words, in a table that stays small. See docs/decisions/0016-fresh-words.md."""

from __future__ import annotations

from django.db import connection

WANTED = 32_768  # it holds up to twice as many


def tidy() -> int:
    """Let go of what is no longer among the newest; how many that were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT listings_tidy_fresh(%s)", [WANTED])
        return int(cursor.fetchone()[0])
