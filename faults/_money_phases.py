"""The phases of `money.py`, by name and in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import _money_beat as beat
import _money_control as control
import _money_kills as kills
import _money_messages as messages
import _money_postgres as postgres
import _money_web as web
import _money_whole as whole
from _money_drill import Drill


class Phase(NamedTuple):
    what: str
    act: Callable[[Drill], None]
    is_beside_others: bool = False  # beside whole workers, who work off whatever is due


PHASES = {
    "checker": Phase("do the books show what is done to them?", control.shows_everything),
    "points": Phase("workers killed at every point of every request", kills.at_every_point),
    "random": Phase("workers killed at any time, under a provider that does not always answer", kills.at_random),
    "unanswered": Phase("the provider's answer lost, before and after the effect", kills.unanswered),
    "frozen": Phase("workers frozen in a request, and woken with an old lease", kills.frozen),
    "locks": Phase("workers frozen in a commit, with locks in hand", kills.frozen_with_locks),
    "beats": Phase("two timers at once", beat.two_at_once),
    "no-beat": Phase("no timer and no message for ten minutes", beat.none),
    "messages": Phase("every message three times, and shuffled", messages.three_times),
    "workers": Phase("whole Celery workers killed", whole.killed, True),
    "redis": Phase("Redis emptied under whole Celery workers", whole.redis_emptied, True),
    "postgres": Phase("PostgreSQL falls while web and workers move money", postgres.falls, True),
    "web": Phase("web servers killed in the middle of requests", web.killed, True),
    "last": Phase("fifty at once for the last piece", web.last_piece, True),
}
