"""Worker doors of `accounts`."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.notices import deliver, housekeeping
from accounts.services import sessions


@shared_task
def sweep_deliveries() -> int:
    return deliver.deliver_due()


@shared_task
def tidy() -> None:
    housekeeping.tidy(now=timezone.now())
    sessions.forget_ended(now=timezone.now())
