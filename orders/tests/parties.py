"""Orders brought to where a test begins, and several people acting at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from orders.models import Deadline, Order
from orders.services import accepting, deadlines, ending, handing_over, operations, paying


def fresh(order: Order) -> Order:
    found: Order = Order.objects.get(pk=order.pk)
    return found


def pay(order: Order) -> Order:
    paying.pay(order.buyer, order.pk)
    operations.drive(order.pk)
    return fresh(order)


def accept(order: Order) -> Order:
    accepting.accept(order.seller, pay(order).pk)
    return fresh(order)


def ship(order: Order) -> Order:
    handing_over.ship(order.seller, pay(order).pk)
    return fresh(order)


def complete(order: Order) -> Order:
    ending.complete(order.buyer, pay(order).pk)
    return fresh(order)


def let_run_out(order: Order, kind: str = deadlines.TIMEOUT) -> Order:
    """The time of this deadline has come, and nobody else's."""
    assert Deadline.objects.filter(order=order, kind=kind).update(due_at=Now() - timedelta(seconds=1)) == 1
    assert deadlines.ring_due() == 1
    operations.drive(order.pk)
    return fresh(order)


def all_of(order: Order) -> tuple[Any, ...]:
    """What must be the same after a refusal."""
    found = fresh(order)
    return found.state, found.version, found.proof, found.events.count(), found.operations.count()


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Each in a thread and on a connection of its own, all let go together."""
    answers: list[Any] = []
    barrier = threading.Barrier(len(calls), timeout=20)

    def run(call: Callable[[], Any]) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            answers.append(call())
        except Exception as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def nothing_happened(order: Order) -> bool:
    """Since it was read."""
    before = (order.state, order.version)
    order.refresh_from_db()
    return (order.state, order.version) == before
