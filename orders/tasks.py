"""Worker doors of `orders`: every one only looks for rows that are due."""

from __future__ import annotations

import threading
from collections.abc import Callable

from celery import shared_task
from django.db import connection

from orders.providers.simulator import notices
from orders.services import deadlines, inbox, operations
from orders.services.auditing import auditing
from orders.services.webhooks import endpoints, sending

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
def work_off_webhooks() -> int:
    return sending.work_off_due()


@shared_task
def tidy() -> None:
    endpoints.forget_old()
    inbox.forget_old()
    notices.forget_old()


class _InAThread:
    """For the sweep: others may take their time to answer, and whatever else is swept must not wait for them."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name = name
        self._work = work
        self._busy = threading.Lock()

    def start(self) -> None:
        if self._busy.acquire(blocking=False):
            threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        try:
            self._work()
        finally:
            connection.close()
            self._busy.release()


_money = _InAThread("money", work_off_money)
_webhooks = _InAThread("webhooks", work_off_webhooks)


def money_in_a_thread() -> None:
    if any(queue.is_anything_due() for queue in QUEUES):
        _money.start()


def webhooks_in_a_thread() -> None:
    if sending.is_anything_due():
        _webhooks.start()
