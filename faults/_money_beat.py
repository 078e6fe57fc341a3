"""F17: two timers that know nothing of each other, or none at all. Neither is what things get done by."""

from __future__ import annotations

import json
import sys
import time

from _money_books import do, until_at_work
from _money_drill import Drill
from _stack import LOG, Process, Worker, running, size

QUEUE = "celery:market"
NOT_READ = "unread"
BEATS_SECONDS = 60.0
OVERDUE = """UPDATE {} SET due_at = clock_timestamp() - interval '10 minutes'
  WHERE due_at IS NOT NULL AND order_id = ANY(%s::uuid[])"""


class Beat(Process):
    def __init__(self, name: str, *scheduler: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "marketplace", "beat", "--loglevel", "WARNING", *scheduler]
        super().__init__(name, command)


def pair() -> tuple[Beat, Beat]:
    """The one we ship takes a lock, so the other is of a kind that does not ask for it."""
    schedule = LOG / "money-beat.schedule"
    schedule.unlink(missing_ok=True)
    plain = ("--scheduler", "celery.beat:PersistentScheduler", "--schedule", str(schedule))
    return Beat("beat-ours"), Beat("beat-plain", *plain)


def two_at_once(drill: Drill) -> None:
    """Both fire first, so that everything is in the queue at least twice before anybody looks."""
    drill.broker.flushdb()
    with running(*pair()):
        orders = overdue(drill, size(20, 1))
        drill.tally.expect("timers that have asked for money to be moved", until_both_have_asked(drill), 2)
        with running(Worker()):
            until_at_work("worker")
            drill.end_well(orders)


def none(drill: Drill) -> None:
    """For ten minutes nobody has looked. This worker reads no message: it finds only what it looks for itself."""
    orders = overdue(drill, size(20, 1))
    with running(Worker(queue=NOT_READ)):
        until_at_work("worker")
        drill.end_well(orders)


def overdue(drill: Drill, rounds: int) -> list[str]:
    """In every state the clock moves on from, and before every request: all due for ten minutes already."""
    orders: list[str] = []
    for _ in range(rounds):
        orders += drill.shop.waiting_orders()
        orders += [drill.shop.order(kind) for kind in ("void", "capture", "refund", "transfer")]
    do(OVERDUE.format("orders_deadline"), orders)
    do(OVERDUE.format("orders_operation"), orders)
    return orders


def until_both_have_asked(drill: Drill) -> int:
    deadline = time.monotonic() + BEATS_SECONDS
    while len(askers(drill)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    return len(askers(drill))


def askers(drill: Drill) -> set[str]:
    """Whose messages wait: the drill's own wake-ups come from here, and do not count."""
    messages = [json.loads(raw)["headers"] for raw in drill.broker.lrange(QUEUE, 0, -1)]
    return {each["origin"] for each in messages if each["task"] == "orders.tasks.work_off_money"} - {drill.origin}
