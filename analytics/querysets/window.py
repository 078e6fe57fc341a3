"""A stretch of time, as whole days (UTC) that roll-ups know, and the pieces of days at its ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

DAY = timedelta(days=1)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True)
class Window:
    """From `start` on, up to and without `end`; both in UTC."""

    start: datetime
    end: datetime

    @property
    def is_empty(self) -> bool:
        return self.start >= self.end

    @property
    def first(self) -> date:
        """The first whole day."""
        day = self.start.date()
        return day if self.start == midnight(day) else day + DAY

    @property
    def after(self) -> date:
        """The day after the last whole one."""
        return self.end.date()

    @property
    def edges(self) -> list[tuple[datetime, datetime]]:
        """What is left beside the whole days: at most two pieces."""
        if self.first > self.after or self.is_empty:
            return [] if self.is_empty else [(self.start, self.end)]
        pieces = [(self.start, midnight(self.first)), (midnight(self.after), self.end)]
        return [(start, end) for start, end in pieces if start < end]

    @property
    def parameters(self) -> dict[str, Any]:
        """For statements: an edge that is not there is empty."""
        head, tail = [*self.edges, *[(self.end, self.end)] * 2][:2]
        return {
            "start": self.start,
            "end": self.end,
            "first": self.first,
            "after": max(self.first, self.after),
            "first_at": midnight(self.first),
            "after_at": midnight(max(self.first, self.after)),
            "head_start": head[0],
            "head_end": head[1],
            "tail_start": tail[0],
            "tail_end": tail[1],
        }
