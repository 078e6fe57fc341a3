"""Worker doors of `analytics`."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from analytics.services import days


@shared_task
def tidy_telemetry() -> int:
    """Days ahead are made, days that are too old are dropped; how many were dropped."""
    now = timezone.now()
    days.prepare(now=now)
    days.forget_seen(settings.TELEMETRY_KEEP_DAYS)
    return days.drop_older(settings.TELEMETRY_KEEP_DAYS, now=now)


def keep_a_day_ahead() -> None:
    """For the sweep: also where the timer has stood still for a week, tomorrow has its place."""
    now = timezone.now()
    if not days.is_prepared(now=now):
        days.prepare(now=now)
