"""Worker doors of `orders`: every one only looks for rows that are due."""

from __future__ import annotations

import threading

from celery import shared_task
from django.db import connection

from orders.providers.simulator import notices
from orders.services import deadlines, inbox, operations
from orders.services.auditing import auditing

QUEUES = (deadlines, inbox, operations, notices)


@shared_task
def work_off_money() -> int:
    told = inbox.work_off_due()
    return told + deadlines.ring_due() + operations.work_off_due() + notices.send_due()


@shared_task
def audit_books() -> int:
    """Every night: what differs is stopped until somebody has looked."""
    return auditing.run(quarantine=True).differences


@shared_task
def tidy_notifications() -> int:
    return inbox.forget_old() + notices.forget_old()


_at_the_till = threading.Lock()


def money_in_a_thread() -> None:
    """For the sweep: a provider may take its time, and whatever else is swept must not wait for it."""
    if any(queue.is_anything_due() for queue in QUEUES) and _at_the_till.acquire(blocking=False):
        threading.Thread(target=_work_in_here, name="money", daemon=True).start()


def _work_in_here() -> None:
    try:
        work_off_money()
    finally:
        connection.close()
        _at_the_till.release()
