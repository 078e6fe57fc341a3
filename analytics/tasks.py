"""Worker doors of `analytics`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from celery import shared_task

from analytics.services import closing, folding, proving, rebuilding, summarizing

PROVED_DAYS = 35


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
