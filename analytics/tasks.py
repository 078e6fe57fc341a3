"""Worker doors of `analytics`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from analytics.services import closing, days, folding, proving, rebuilding, summarizing

PROVED_DAYS = 35
MEMBERS_DAYS = 40  # events come to the last 30 days, and the proof may make the last 35 anew


@shared_task
def fold_events() -> int:
    try:
        return folding.fold()
    except folding.FromElsewhere:
        rebuilding.adopt()
        return 0


@shared_task
def close_days() -> int:
    summarizing.summarize()
    return closing.close_days(today=datetime.now(UTC).date())


@shared_task
def prove_rollups() -> int:
    """Of the last days, which is where events still come to; the command looks at all."""
    since = datetime.now(UTC).date() - timedelta(days=PROVED_DAYS)
    return len(proving.prove(since=since, repair=True).differences)


@shared_task
def tidy_telemetry() -> int:
    """Days ahead are made, days that are too old are dropped; how many were dropped."""
    now = timezone.now()
    days.prepare(now=now)
    days.forget_members(MEMBERS_DAYS, now=now)
    dropped = days.drop_older(settings.TELEMETRY_KEEP_DAYS, now=now)
    if dropped is None:
        return 0
    days.forget_seen(settings.TELEMETRY_KEEP_DAYS, now=now)  # last: an id is known for as long as its event is there
    return dropped


def keep_a_day_ahead() -> None:
    """For the sweep: also where the timer has stood still for a week, tomorrow has its place."""
    now = timezone.now()
    if not days.is_prepared(now=now):
        days.prepare(now=now)
