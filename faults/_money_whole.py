"""F1, F2: whole Celery workers killed, with all their threads, and their broker emptied: the rows are the queue."""

from __future__ import annotations

import random
import time

from _money_books import ask, until_at_work
from _money_drill import Drill
from _stack import size

UNDER_WAY = "SELECT count(*) FROM orders_operation WHERE state = 'sent'"


def killed(drill: Drill) -> None:
    """One after the other, so that there is always somebody to find what was left."""
    kills, orders, cut = size(60, 1), [], 0
    for n in range(kills):
        worker = drill.site.pair[n % 2]
        orders += drill.shop.orders(8, "capture")
        time.sleep(random.uniform(0, size(4, 1)))
        worker.kill()
        cut += ask(UNDER_WAY)
        worker.start()
        until_at_work(worker.name)
    drill.tally.note(f"{kills} whole workers killed, {cut} requests under way meanwhile")
    drill.end_well(orders)


def redis_emptied(drill: Drill) -> None:
    wipes, orders, lost, site = size(50, 2), [], 0, drill.site
    for _ in range(wipes):
        orders += drill.shop.orders(10, "capture")
        time.sleep(random.uniform(0, 0.5))
        lost += int(drill.broker.dbsize())
        drill.broker.flushdb()
    drill.tally.note(f"Redis emptied {wipes} times under {len(site.pair)} workers, with {lost} keys in it")
    drill.end_well(orders)
