"""F1, F14, F26: workers that die or freeze at every point of every request, and a provider that does not answer."""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import cycle, islice, product

from _money_books import ask, end_leases
from _money_drill import Drill
from _money_shop import UNTIL_DUE, misbehave
from _money_worker import POINTS, WENT_ON
from _money_workers import until_frozen
from _stack import size

UNDER_WAY = "SELECT count(*) FROM orders_operation WHERE state = 'sent' AND due_at > clock_timestamp()"
LOST_ANSWERS = ("timeout_before", "timeout_after", "error_after")


def at_every_point(drill: Drill) -> None:
    """The worker is gone; whoever comes next finds what it left."""
    rounds, orders, died = size(50, 1), [], 0
    for kind, point, _ in product(UNTIL_DUE, POINTS, range(rounds)):
        orders.append(drill.shop.order(kind))
        died += drill.workers.ended_with(drill.workers.start(signal.SIGKILL, point, kind)) == signal.SIGKILL
        end_leases()
    took = drill.work_off(orders)
    wanted = rounds * len(UNTIL_DUE) * len(POINTS)
    drill.tally.expect(f"workers killed, at {len(POINTS)} points of {len(UNTIL_DUE)} kinds of request", died, wanted)
    drill.check(orders, took)


def at_random(drill: Drill) -> None:
    """A hundred, then the books are closed; so what is worked off in the end is what the last of them left."""
    for _ in range(size(10, 1)):
        kills, orders, cut = size(100, 5), [], 0
        for n in range(kills):
            orders.append(drill.shop.order("capture"))
            if n % 4:
                misbehave(LOST_ANSWERS[n % 4 - 1], orders[-1])
            cut += kill_at_random(drill)
            end_leases()
        drill.tally.note(f"{kills} workers killed at random, {cut} of them with a request under way")
        drill.check(orders, drill.work_off(orders))


def kill_at_random(drill: Drill) -> bool:
    """Some time after it has begun. Was a request under way?"""
    pid, deadline = drill.workers.start(), time.monotonic() + 5
    while not ask(UNDER_WAY) and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(random.uniform(0, 0.1))
    drill.workers.kill(pid)
    return ask(UNDER_WAY) > 0


def unanswered(drill: Drill) -> None:
    """The provider does it or not, and its answer is lost either way."""
    rounds, orders = size(40, 1), []
    for fault, kind, _ in product(LOST_ANSWERS, UNTIL_DUE, range(rounds)):
        orders.append(drill.shop.order(kind))
        misbehave(fault, orders[-1], kind)
    took = drill.work_off(orders)
    lost = ask("SELECT count(*) FROM orders_simulatorfault WHERE times_left = 0 AND order_id = ANY(%s)", orders)
    drill.tally.expect(f"answers lost, in {len(LOST_ANSWERS)} ways of {len(UNTIL_DUE)} kinds", lost, len(orders))
    drill.check(orders, took)


def frozen(drill: Drill) -> None:
    """Stopped where it holds nothing but its claim, and woken when another has done its work under a newer one."""
    rounds, orders, late = size(200, 5), [], 0
    for kind, point in islice(cycle(product(UNTIL_DUE, POINTS[1:3])), rounds):
        orders.append(drill.shop.order(kind))
        pid = freeze(drill, point, kind)
        drill.work_off(orders[-1:], hurry=True)
        late += went_on(drill, pid)
    drill.tally.expect(f"of {len(orders)} frozen workers, woke when it was too late and went on", late, len(orders))
    drill.check(orders)


def frozen_with_locks(drill: Drill) -> None:
    """Stopped before the commit of an answer. PostgreSQL ends such a session, and with it its locks, after a while."""
    rounds, orders = size(5, 0), list[str]()
    if not rounds:
        drill.tally.note("in the long form only: each time it takes half a minute")
    for _ in range(rounds):
        orders.append(drill.shop.order("capture"))
        pid = freeze(drill, POINTS[3], "capture")
        drill.check(orders, drill.work_off(orders))
        went_on(drill, pid)
        drill.check(orders)


def freeze(drill: Drill, point: str, kind: str) -> int:
    pid = drill.workers.start(signal.SIGSTOP, point, kind)
    until_frozen(pid)
    return pid


def went_on(drill: Drill, pid: int) -> bool:
    """With its old lease, until it had written its answer or was refused."""
    os.kill(pid, signal.SIGCONT)
    return os.waitstatus_to_exitcode(drill.workers.ended_with(pid)) == WENT_ON
