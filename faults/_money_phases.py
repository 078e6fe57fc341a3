"""The phases of `money.py`, by name and in order."""

from __future__ import annotations

from collections.abc import Callable

import _money_beat as beat
import _money_control as control
import _money_kills as kills
import _money_messages as messages
import _money_postgres as postgres
import _money_web as web
import _money_whole as whole
from _money_drill import Drill

Phase = tuple[str, Callable[[Drill], None]]

PHASES: dict[str, Phase] = {
    "checker": ("do the books show what is done to them?", control.shows_everything),
    "points": ("workers killed at every point of every request", kills.at_every_point),
    "random": ("workers killed at any time, under a provider that does not always answer", kills.at_random),
    "unanswered": ("the provider's answer lost, before and after the effect", kills.unanswered),
    "frozen": ("workers frozen in a request, and woken with an old lease", kills.frozen),
    "locks": ("workers frozen in a commit, with locks in hand", kills.frozen_with_locks),
    "workers": ("whole Celery workers killed", whole.killed),
    "redis": ("Redis emptied under whole Celery workers", whole.redis_emptied),
    "beats": ("two timers at once", beat.two_at_once),
    "no-beat": ("no timer and no message for ten minutes", beat.none),
    "messages": ("every message three times, and shuffled", messages.three_times),
    "postgres": ("PostgreSQL falls while web and workers move money", postgres.falls),
    "web": ("web servers killed in the middle of requests", web.killed),
    "last": ("fifty at once for the last piece", web.last_piece),
}
