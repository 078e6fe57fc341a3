"""Background work. The database row is the queue; a Celery message only wakes somebody up."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_ready, worker_shutting_down
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")

app = Celery("marketplace")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()
app.add_defaults(
    lambda: {
        "redbeat_redis_url": settings.REDIS_URL,
        "redbeat_redis_options": {"retry_period": -1},  # the timer waits for Redis for as long as it takes
        "redbeat_key_prefix": "redbeat:",
        "redbeat_lock_timeout": 60,
    }
)
app.conf.beat_schedule = {
    "sweep-outbox": {"task": "marketplace.common.tasks.sweep_outbox", "schedule": 5.0, "options": {"expires": 10}},
    "tidy-common": {"task": "marketplace.common.tasks.tidy", "schedule": crontab(minute="17")},
    "sweep-notifications": {"task": "accounts.tasks.sweep_deliveries", "schedule": 5.0, "options": {"expires": 10}},
    "tidy-accounts": {"task": "accounts.tasks.tidy", "schedule": crontab(minute="41")},
    "precompute-prices": {
        "task": "listings.tasks.ask_for_prices",
        "schedule": crontab(minute="5"),
        "options": {"expires": 3_000},
    },
    "collect-orphans": {
        "task": "listings.tasks.ask_for_orphans",
        "schedule": crontab(minute="35", hour="3", day_of_week="sunday"),
        "options": {"expires": 36_000},
    },
    "tidy-fresh": {"task": "listings.tasks.tidy_fresh", "schedule": 300.0, "options": {"expires": 200}},
    "count-places": {"task": "listings.tasks.count_places", "schedule": 300.0, "options": {"expires": 200}},
    "sweep-pictures": {"task": "listings.tasks.work_off_pictures", "schedule": 10.0, "options": {"expires": 10}},
    "tidy-pictures": {"task": "listings.tasks.tidy_pictures", "schedule": crontab(minute="23", hour="4")},
    "sweep-money": {"task": "orders.tasks.work_off_money", "schedule": 5.0, "options": {"expires": 10}},
    "audit-money": {
        "task": "orders.tasks.audit_books",
        "schedule": crontab(minute="50", hour="2"),
        "options": {"expires": 36_000},
    },
    "tidy-orders": {"task": "orders.tasks.tidy", "schedule": crontab(minute="11", hour="4")},
    "sweep-files": {"task": "chat.tasks.work_off_files", "schedule": 10.0, "options": {"expires": 10}},
    "write-last-seen": {"task": "chat.tasks.write_last_seen", "schedule": 60.0, "options": {"expires": 50}},
    "tidy-files": {
        "task": "chat.tasks.tidy_files",
        "schedule": crontab(minute="47", hour="4"),
        "options": {"expires": 36_000},
    },
    "fold-events": {"task": "analytics.tasks.fold_events", "schedule": 10.0, "options": {"expires": 10}},
    "close-days": {"task": "analytics.tasks.close_days", "schedule": 600.0, "options": {"expires": 500}},
    "prove-rollups": {
        "task": "analytics.tasks.prove_rollups",
        "schedule": crontab(minute="20", hour="3"),
        "options": {"expires": 36_000},
    },
    "tidy-telemetry": {
        "task": "analytics.tasks.tidy_telemetry",
        "schedule": crontab(minute="29"),
        "options": {"expires": 3_000},
    },
    "note-epoch": {"task": "marketplace.sync.tasks.note_epoch", "schedule": 30.0, "options": {"expires": 25}},
    "tidy-sync": {
        "task": "marketplace.sync.tasks.tidy",
        "schedule": crontab(minute="29", hour="4"),
        "options": {"expires": 36_000},
    },
    "sweep-chores": {"task": "listings.tasks.work_off_chores", "schedule": 60.0, "options": {"expires": 50}},
}


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Connecting is enough: Celery then leaves logging as settings made it."""


@worker_ready.connect
def start_sweeping(**_: Any) -> None:
    from marketplace.common.sweeper import sweeper

    sweeper.start()


@worker_shutting_down.connect
def stop_sweeping(**_: Any) -> None:
    from marketplace.common.sweeper import sweeper

    sweeper.stop()
