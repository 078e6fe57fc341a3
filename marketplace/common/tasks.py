"""Worker doors: wake-ups and housekeeping. Losing one of these messages costs a few seconds, never an effect."""

from __future__ import annotations

from celery import shared_task
from django.db import connection

from marketplace.common import idempotency, outbox

KEEP_ANSWERS_HOURS = 72
KEEP_EVENTS_DAYS = 14


@shared_task
def sweep_outbox() -> int:
    return outbox.deliver_due()


@shared_task
def tidy() -> None:
    idempotency.forget_older_than(KEEP_ANSWERS_HOURS)
    outbox.forget_delivered(KEEP_EVENTS_DAYS)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_session WHERE expire_date < now()")
