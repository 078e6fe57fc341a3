"""What a partition's BRIN indexes do not know of its last pages yet.

PostgreSQL sums a range up when the next one begins, or never: until then whoever asks for a piece of a day reads the
range in full, once for each day that is kept.
"""

from __future__ import annotations

from django.db import OperationalError, connection, transaction

_INDEXES = """
SELECT i.indexrelid::regclass::text FROM pg_inherits h JOIN pg_index i ON i.indrelid = h.inhrelid
JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam AND a.amname = 'brin'
WHERE h.inhparent = 'analytics_event'::regclass ORDER BY 1
"""


def summarize() -> int:
    """How many ranges were summed up. A partition that is being vacuumed has to wait for the next time."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES)
        return sum(_summarize(index) for (index,) in cursor.fetchall())


def _summarize(index: str) -> int:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            cursor.execute("SELECT brin_summarize_new_values(%s::regclass)", [index])
            return int(cursor.fetchone()[0])
    except OperationalError:
        return 0
