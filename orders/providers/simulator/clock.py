"""The provider's own clock, which can be wound forward: a week's hold lapses in a test and in a demonstration."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from orders.models import SimulatorClock

ONE = 1


def now() -> datetime:
    ahead = SimulatorClock.objects.filter(pk=ONE).values_list("ahead_seconds", flat=True).first()
    return timezone.now() + timedelta(seconds=ahead or 0)


def wind(forward: timedelta) -> None:
    SimulatorClock.objects.get_or_create(pk=ONE)
    SimulatorClock.objects.filter(pk=ONE).update(ahead_seconds=F("ahead_seconds") + int(forward.total_seconds()))
