"""Day tables made anew from the raw events, day by day, where all raw events of the day are still there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import structlog
from django.db import connection, transaction

from analytics.models import DayCount, DayMember, Fold
from analytics.querysets.window import DAY, midnight
from analytics.services.folding import WAIT, State, count_events, lock_state, move_listings

log = structlog.get_logger(__name__)

Kind = DayCount.Kind
OF_EVENTS = (
    *(Kind.EVENT, Kind.CLICK, Kind.ESCROW, Kind.ESCROW_CANCELLED, Kind.USERS, Kind.SESSIONS),
    *(Kind.VIEWED, Kind.QUICK_VIEW),
)
# Whoever writes meanwhile waits: after this, every id below ours is of a transaction that has ended
_HALT = "LOCK TABLE analytics_event IN SHARE MODE"
_RENUMBER = "UPDATE analytics_event SET transaction = 0 WHERE transaction >= %s"


def days_between(since: date | None, until: date | None) -> Iterator[date]:
    """Up to and with `until`; without a word about it, all that are known, and today."""
    counts = DayCount.objects.filter(kind__in=OF_EVENTS)
    today = datetime.now(UTC).date()
    first = since or counts.order_by("day").values_list("day", flat=True).first() or today
    last = until or max(today, counts.order_by("-day").values_list("day", flat=True).first() or today)
    while first <= last:
        yield first
        first += DAY


def has_all_raw(day: date, state: State) -> bool:
    """An event may come days after it happened, and never before."""
    return state.raw_since is None or day > state.raw_since


def rebuild(*, since: date | None = None, until: date | None = None) -> int:
    """How many days were made anew."""
    return sum(rebuild_day(day) for day in days_between(since, until))


@transaction.atomic
def rebuild_day(day: date) -> bool:
    """Of what is folded; the rest is added by the next fold, as always."""
    state = lock_state(WAIT)
    if state is None or not has_all_raw(day, state):
        return False
    move_listings()
    DayCount.objects.filter(day=day, kind__in=OF_EVENTS).delete()
    DayMember.objects.filter(day=day).delete()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL statement_timeout = 0")  # all of a day
    start, end = midnight(day).isoformat(), midnight(day + DAY).isoformat()
    count_events(f"occurred_at >= '{start}' AND occurred_at < '{end}' AND transaction < {state.below}")
    return True


@transaction.atomic
def adopt() -> None:
    """After the tables came here from another cluster: its transaction ids say nothing here, so all is read anew."""
    if lock_state(WAIT) is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_HALT)
        cursor.execute("SELECT pg_current_xact_id()::text::bigint, system_identifier::text FROM pg_control_system()")
        ours, cluster = cursor.fetchone()
        cursor.execute(_RENUMBER, [ours])
        cursor.execute("SELECT min(day) FROM analytics_reading")
        (oldest,) = cursor.fetchone()
    Fold.objects.update(below=ours, cluster=cluster)
    log.warning("rollups_adopted", cluster=cluster, days=rebuild(since=oldest))


@transaction.atomic
def let_raw_go(before: date) -> bool:
    """Before raw events that came before this day are dropped. False while not all of them are folded."""
    state = lock_state(WAIT)
    if state is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM analytics_event WHERE received_at < %s AND transaction >= %s)",
            [midnight(before), state.below],
        )
        (is_waiting,) = cursor.fetchone()
    if not is_waiting:
        Fold.objects.update(raw_since=max(before, state.raw_since or before))
    return not is_waiting
