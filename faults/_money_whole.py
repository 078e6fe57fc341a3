"""F1, F2: whole Celery workers killed, with all their threads, and their broker emptied: the rows are the queue."""

from __future__ import annotations

import random
import time

from _money_books import ask
from _money_drill import Drill
from _stack import Worker, running, size

UNDER_WAY = "SELECT count(*) FROM orders_operation WHERE state = 'sent'"


def killed(drill: Drill) -> None:
    """One after the other, so that there is always somebody to find what was left."""
    kills, orders, cut = size(60, 1), [], 0
    pair = (Worker(), Worker())
    with running(*pair):
        time.sleep(4)
        for n in range(kills):
            orders += drill.shop.orders(8, "capture")
            time.sleep(random.uniform(0, 4))
            pair[n % 2].kill()
            cut += ask(UNDER_WAY)
            pair[n % 2].start()
        drill.tally.note(f"{kills} whole workers killed, {cut} requests under way meanwhile")
        drill.end_well(orders)


def redis_emptied(drill: Drill) -> None:
    wipes, orders, lost = size(50, 2), [], 0
    with running(Worker(), Worker()):
        for _ in range(wipes):
            orders += drill.shop.orders(10, "capture")
            time.sleep(random.uniform(0, 0.5))
            lost += drill.broker.dbsize()
            drill.broker.flushdb()
        drill.tally.note(f"Redis emptied {wipes} times under two workers, with {lost} keys in it")
        drill.end_well(orders)
