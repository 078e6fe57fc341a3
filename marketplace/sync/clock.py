"""Times and transaction ids: which of them had ended at a time, as PostgreSQL's own clock has it. docs/sync.md

A change that is committed after a time T belongs to a transaction that ran at T or began later, so its id is not below
the floor of any epoch at or before T.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

EVERY = timedelta(seconds=30)
FAST = timedelta(seconds=60)  # how far the clocks of those who ask may be ahead of ours
SLACK = FAST + timedelta(seconds=5)  # and an answer that was long on its way before they looked at theirs

# Later than every epoch also when the clock was set back: else a higher floor could be filed under an earlier time
_TIME = "greatest(clock_timestamp(), (SELECT max(at) FROM sync_epoch) + interval '1 microsecond')"
_NOW = (
    f"SELECT {_TIME}, coalesce((SELECT max(at) FROM sync_epoch) < clock_timestamp() - make_interval(secs => %s), true)"  # noqa: S608
)
_NOTE = f"""
INSERT INTO sync_epoch (at, floor_xid)
SELECT {_TIME}, pg_snapshot_xmin(pg_current_snapshot())::text::bigint ON CONFLICT DO NOTHING
"""
_FLOOR = "SELECT floor_xid FROM sync_epoch WHERE at <= %s ORDER BY at DESC LIMIT 1"
_CHANGED_BEFORE = "SELECT at FROM sync_epoch WHERE floor_xid > %s ORDER BY floor_xid, at LIMIT 1"
_HORIZON = """
SELECT generation, min_floor, pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint,
  coalesce((SELECT floor_xid FROM sync_epoch ORDER BY at DESC LIMIT 1), 0)
FROM sync_meta, pg_current_snapshot() s
"""


def now() -> datetime:
    """To be asked before the snapshot that is read, so that nothing of it is older than this says.

    Where no worker notes epochs, whoever asks does.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOW, [EVERY.total_seconds()])
        at, is_stale = cursor.fetchone()
    if is_stale:
        note()
    moment: datetime = at
    return moment


def note() -> None:
    """A statement of its own: the time is taken after its snapshot, which is the safe side."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE)


def floor_at(moment: datetime) -> int | None:
    """Every change committed after that moment has this transaction id or a later one; None: nobody knows any more."""
    with connection.cursor() as cursor:
        cursor.execute(_FLOOR, [moment - SLACK])
        found = cursor.fetchone()
    return None if found is None else int(found[0])


def ended_by(xid: int) -> datetime | None:
    """A time by which that transaction had ended, if one was noted since."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED_BEFORE, [xid])
        found = cursor.fetchone()
    return None if found is None else found[0]


class Horizon(NamedTuple):
    generation: UUID
    min_floor: int  # what was deleted below is forgotten
    oldest_running: int  # whatever is below has ended
    next_one: int  # nobody has this id yet, or a later one
    long_ended: int  # as the last epoch has it, which no crash undoes


def horizon() -> Horizon:
    """Which transactions have ended, in the snapshot that is about to be read."""
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        return Horizon(*cursor.fetchone())
