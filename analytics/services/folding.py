"""Raw events into day tables: each exactly once, whatever the order in which their transactions ended.

An event carries the id of the transaction that wrote it. Below the oldest transaction that still runs, everything has
ended; so a fold takes what is between the last fold's bound and that id, and moves the bound in the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from analytics.models import Fold
from analytics.querysets.folding import ADVANCE, BEGIN, COUNT, COUNT_VIEWS, MEET, MOVE, MOVED, STATE

MOST_SECONDS = 3.0  # for one transaction: longer ones hold up whoever reads changes
FIRST_SPAN, LARGEST_SPAN = 64, 100_000_000  # transaction ids
FEW_ROWS, MANY_ROWS = 20_000, 80_000

_LOCK = "FOR UPDATE SKIP LOCKED"
WAIT = "FOR UPDATE"


class FromElsewhere(Exception):
    """The tables were restored in another cluster, whose transaction ids begin anew."""


@dataclass(frozen=True)
class State:
    below: int
    is_of_this_cluster: bool
    oldest_running: int
    raw_since: date | None


def lock_state(how: str = "") -> State | None:
    """None while somebody else has it, unless one waits. The bound is asked for after the lock is there."""
    with connection.cursor() as cursor:
        if how == WAIT:
            cursor.execute("SET LOCAL lock_timeout = '20s'")
        cursor.execute(STATE.format(lock=how or _LOCK))
        row = cursor.fetchone()
        if row is None and not Fold.objects.exists():
            cursor.execute(BEGIN)
            cursor.execute(STATE.format(lock=how or _LOCK))
            row = cursor.fetchone()
    return None if row is None else State(*row)


def fold(*, seconds: float = 20.0, between: Callable[[], None] = lambda: None) -> int:
    """What is ready, piece by piece, for about so long. How many events that were."""
    until = time.monotonic() + seconds
    span, folded, is_done = FIRST_SPAN, 0, False
    while not is_done and time.monotonic() < until:
        began = time.monotonic()
        rows, is_done = _fold_piece(span)
        folded += rows
        took = time.monotonic() - began
        if rows > MANY_ROWS or took > MOST_SECONDS / 2:
            span = max(1, span // 2)
        elif rows < FEW_ROWS:
            span = min(span * 4, LARGEST_SPAN)
        between()
    return folded


@transaction.atomic
def _fold_piece(span: int) -> tuple[int, bool]:
    state = lock_state()
    if state is None:
        return 0, True
    if not state.is_of_this_cluster:
        raise FromElsewhere
    below = min(state.oldest_running, state.below + span)
    is_done = below >= state.oldest_running
    if below <= state.below:
        return 0, True
    which = f"transaction >= {state.below} AND transaction < {below}"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # BRIN promises little and keeps more
        rows = count_events(which)
        cursor.execute(ADVANCE, [below])
    move_listings()
    return rows, is_done


def count_events(which: str) -> int:
    """Adds these events to the day tables: for whoever holds the state."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(which=which))
        rows, viewed = cursor.fetchone()
        if viewed:
            cursor.execute(MEET, [viewed])
            cursor.execute(COUNT_VIEWS.format(which=which))
    return int(rows)


def move_listings() -> None:
    with connection.cursor() as cursor:
        cursor.execute(MOVED)
        moved = [listing for (listing,) in cursor.fetchall()]
        if moved:
            cursor.execute(MOVE, [moved])
