"""The business questions, by the number that everybody calls them by.

`answer("3_1", window)` gives rows, for pages and exports; `answer_json` the bytes that go out, which say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from analytics.querysets import events, screens, things
from analytics.querysets.window import Window
from marketplace.common.postgis import fixed

Row = dict[str, Any]
_SHARE = "CASE WHEN {0} = trunc({0}) THEN {0}::numeric(5, 1) ELSE {0}::numeric END AS {0}"


@dataclass(frozen=True)
class Question:
    columns: tuple[str, ...]
    statement: Callable[[Window], str]
    parameters: dict[str, Any] = field(default_factory=dict)  # with what they are when nobody says
    shares: tuple[str, ...] = ()  # columns that are written with a decimal even where none is needed

    @property
    def as_json(self) -> str:
        """For each column, what PostgreSQL makes of it in JSON."""
        return ", ".join(_SHARE.format(name) if name in self.shares else name for name in self.columns)


QUESTIONS: dict[str, Question] = {
    "1_1": Question(("day", "category_id", "count"), lambda window: things.by_day_and_key(things.LISTINGS, window)),
    "1_2": Question(
        ("step", "total", "cancelled", "pct_cancelled"), events.cancelled_by_step, shares=("pct_cancelled",)
    ),
    "2_1": Question(("day", "event_type", "count"), lambda window: events.by_day_and_key(events.EVENT, window)),
    "2_2": Question(("day", "button", "count"), lambda window: events.by_day_and_key(events.CLICK, window)),
    "2_4": Question(("screen", "total_seconds", "views", "avg_seconds"), screens.time_by_screen, {"max_idle_sec": 300}),
    "3_1": Question(("day", "dau"), lambda window: events.by_day(events.USERS, window)),
    "3_2": Question(("day", "sessions"), lambda window: events.by_day(events.SESSIONS, window)),
    "4_1": Question(("day", "status", "count"), lambda window: things.by_day_and_key(things.ORDERS, window)),
    "4_2": Question(("day", "gmv_cents", "orders_paid"), things.money_by_day),
    "5_1": Question(("day", "category_id", "count"), events.quick_views_by_category),
}


def answer(name: str, window: Window, **parameters: Any) -> list[Row]:
    question = QUESTIONS[name]
    if window.is_empty:
        return []
    with connection.cursor() as cursor:
        cursor.execute(question.statement(window), {**window.parameters, **question.parameters, **parameters})
        return [dict(zip(question.columns, row, strict=True)) for row in cursor.fetchall()]


def answer_json(name: str, window: Window, **parameters: Any) -> bytes:
    """Written by PostgreSQL, and not taken apart on its way."""
    question = QUESTIONS[name]
    if window.is_empty:
        return b"[]"
    told = fixed.ask(
        f"""
        SELECT convert_to('[' || coalesce(string_agg(row_to_json(shown)::text, ','), '') || ']', 'UTF8') FROM (
          SELECT {question.as_json} FROM ({question.statement(window)}) told({", ".join(question.columns)})) shown
        """,
        {**window.parameters, **question.parameters, **parameters},
    )
    assert told is not None
    return bytes(told[0])
