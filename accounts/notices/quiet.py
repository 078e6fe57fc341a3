"""Quiet hours, in the person's own time zone. They may span midnight, and days on which the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from accounts.models import NotificationSettings


@cache
def time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def loud_again_at(now: datetime, settings: NotificationSettings) -> datetime:
    """`now` itself outside quiet hours, else the moment they end."""
    if settings.quiet_from is None or settings.quiet_until is None:
        return now
    local = now.astimezone(_zone(settings.time_zone))
    if not is_between(local.time(), settings.quiet_from, settings.quiet_until):
        return now
    return _next(local, settings.quiet_until)


def _zone(name: str) -> ZoneInfo:
    """A zone that was renamed since it was chosen must not keep a whole room from being told."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def is_between(moment: time, start: time, end: time) -> bool:
    if start <= end:
        return start <= moment < end
    return moment >= start or moment < end


def _next(local: datetime, wall: time) -> datetime:
    """When the clock on the wall next shows `wall`.

    An hour that happens twice is asked for both times, and the one still to come is taken; in the hour that is left
    out, `fold=0` is the moment the clock would have shown it, had it not been put forward.
    """
    day = local.date() + timedelta(days=0 if wall > local.time() else 1)
    both = [datetime.combine(day, wall, local.tzinfo).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(moment for moment in both if moment > local.astimezone(UTC))
