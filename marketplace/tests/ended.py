"""Transaction ids are counted for all databases of a server, and those of the tests beside us hold ours back."""

from __future__ import annotations

import time

from django.db import connection

PATIENCE_SECONDS = 90.0


def until_all_have_ended() -> None:
    """Until none runs any more that ran when this was called. Not for inside a transaction that has written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        (next_one,) = cursor.fetchone()
    until_none_is_older_than(next_one)


def until_none_is_older_than(xid: int) -> None:
    """That one itself may run on."""
    with connection.cursor() as cursor:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= %s", [xid])
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise TimeoutError("another test's transaction does not end")
