"""What the business questions are asked with, and what their rows hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework import serializers

from analytics.querysets.window import DAY, Window, midnight
from marketplace.common.errors import DomainError
from marketplace.common.validation import QueryShape

USUAL = timedelta(days=30)
LONGEST = timedelta(days=366)
YEARS = range(1970, 9000)  # what lies outside cannot be moved by a day everywhere
SHOWN_LETTERS = 60


class BadTime(DomainError):
    code = "invalid_datetime"


class WindowTooLong(DomainError):
    code = "window_too_long"
    detail = f"A window is at most {LONGEST.days} days"


class ScreenTimeQuery(QueryShape):
    max_idle_sec = serializers.IntegerField(min_value=30, max_value=3_600, required=False, default=300)


def window_of(query: Any, *, now: datetime) -> Window:
    """Without a word about it: the last thirty days with today, all of them whole."""
    end = _time(query.get("end")) or midnight(now.astimezone(UTC).date() + DAY)
    start = _time(query.get("start")) or end - USUAL
    if end - start > LONGEST:
        raise WindowTooLong
    return Window(start, end)


def _time(said: str | None) -> datetime | None:
    if not said:
        return None
    try:
        at = _read(said)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or at.year not in YEARS:
        raise BadTime(f"Invalid ISO datetime: {said[:SHOWN_LETTERS]}")
    return at


def _read(said: str) -> datetime:
    try:
        return datetime.fromisoformat(said)
    except ValueError:  # a plus sign that nobody encoded is a space by now
        return datetime.fromisoformat("+".join(said.rsplit(" ", 1)))


class ListingsOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    category_id = serializers.UUIDField()
    count = serializers.IntegerField()  # type: ignore[assignment]


class EscrowOfStep(serializers.Serializer[Any]):
    step = serializers.CharField()
    total = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    pct_cancelled = serializers.FloatField(help_text="0 to 100, two decimals")


class EventsOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    event_type = serializers.CharField()
    count = serializers.IntegerField()  # type: ignore[assignment]


class ClicksOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    button = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()  # type: ignore[assignment]


class TimeOnScreen(serializers.Serializer[Any]):
    screen = serializers.CharField()
    total_seconds = serializers.IntegerField()
    views = serializers.IntegerField()
    avg_seconds = serializers.IntegerField()


class UsersOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    dau = serializers.IntegerField()


class SessionsOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    sessions = serializers.IntegerField()


class OrdersOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    status = serializers.CharField()
    count = serializers.IntegerField()  # type: ignore[assignment]


class MoneyOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    gmv_cents = serializers.IntegerField()
    orders_paid = serializers.IntegerField()


class QuickViewsOfDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    category_id = serializers.CharField()
    count = serializers.IntegerField()  # type: ignore[assignment]
