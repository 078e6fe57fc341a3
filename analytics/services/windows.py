"""From when to when is counted: the end itself is not in it, and a day is one of UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from marketplace.common.errors import DomainError

USUAL = timedelta(days=30)


class BadDatetime(DomainError):
    code = "invalid_datetime"

    def __init__(self, text: str) -> None:
        super().__init__(f"Invalid ISO datetime: {text}")


class BadWindow(DomainError):
    code = "invalid_window"


@dataclass(frozen=True)
class Window:
    start: datetime
    end: datetime

    def days(self) -> Iterator[date]:
        """Each that has a part in it."""
        day = self.start.date()
        while datetime(day.year, day.month, day.day, tzinfo=UTC) < self.end:
            yield day
            day += timedelta(days=1)


def window_of(start: str | None, end: str | None, *, now: datetime, longest: timedelta) -> Window:
    """What is not said: up to now, and thirty days."""
    until = moment(end) if end else now
    try:
        since = moment(start) if start else until - USUAL
    except OverflowError as error:
        raise BadDatetime(str(end)) from error
    if since > until:
        raise BadWindow("start must not be after end")
    if until - since > longest:
        raise BadWindow(f"From start to end there may be {longest.days} days at most")
    return Window(since, until)


def moment(text: str) -> datetime:
    """A time without a zone is UTC; a date is its midnight."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadDatetime(text) from error
