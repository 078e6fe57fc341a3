"""Raw events into day tables: each exactly once, whatever the order in which their transactions ended.

An event carries the id of the transaction that wrote it. Below the oldest transaction that still runs, everything has
ended; so a fold takes what is between the last fold's bound and that id, and moves the bound in the same transaction.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from analytics.models import Fold
from analytics.querysets.folding import ADVANCE, BEGIN, COUNT, COUNT_VIEWS, MEET, MOVE, MOVED, SOME, STATE

FIRST_SPAN, LARGEST_SPAN = 64, 100_000_000  # transaction ids
FEW_ROWS, MANY_ROWS = 10_000, 40_000

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


def fold(*, seconds: float = 20.0) -> int:
    """What is ready, piece by piece, for about so long. How many events that were."""
    until = time.monotonic() + seconds
    span, folded, is_done = FIRST_SPAN, 0, False
    while not is_done and time.monotonic() < until:
        rows, span, is_done = _fold_piece(span)
        folded += rows
        if rows < FEW_ROWS:
            span = min(span * 4, LARGEST_SPAN)
    return folded


@transaction.atomic
def _fold_piece(span: int) -> tuple[int, int, bool]:
    """How many events, how many transaction ids they were spread over, and whether that was all."""
    state = lock_state()
    if state is None:
        return 0, span, True
    if not state.is_of_this_cluster:
        raise FromElsewhere
    if state.oldest_running <= state.below:
        return 0, span, True
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # how little is new cannot be seen from the statement
        span = _short_enough(span, state)
        below = min(state.oldest_running, state.below + span)
        rows = count_events(f"transaction >= {state.below} AND transaction < {below}")
        cursor.execute(ADVANCE, [below])
    move_listings()
    return rows, span, below == state.oldest_running


def _short_enough(span: int, state: State) -> int:
    """A piece takes a second or so: whoever reads changes waits for the oldest transaction, and for ours too."""
    with connection.cursor() as cursor:
        while span > 1:
            cursor.execute(SOME, [state.below, min(state.oldest_running, state.below + span), MANY_ROWS])
            (rows,) = cursor.fetchone()
            if rows < MANY_ROWS:
                return span
            span //= 2
        cursor.execute("SET LOCAL statement_timeout = 0")  # all of one transaction, however much it wrote
    return span


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
