"""Every report there is. Of people it holds ids and nothing else: no addresses, no places, no tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.querysets.questions import QUESTIONS, Question
from analytics.querysets.window import Window
from analytics.services.exporting.columns import Column, Kind


@dataclass(frozen=True)
class Report:
    columns: tuple[Column, ...]
    statement: Callable[[Window], str]
    parameters: Mapping[str, Any]
    is_question: bool = False

    def asked(self, window: Window) -> tuple[str, dict[str, Any]]:
        return self.statement(window), {**window.parameters, **self.parameters}


def _rows_of(table: str, at: str, columns: dict[str, tuple[Kind, str]]) -> Report:
    """Rows as they are, the oldest first as far as their keys say so."""
    selected = ", ".join(f"{expression} AS {name}" for name, (_, expression) in columns.items())
    statement = f"SELECT {selected} FROM {table} WHERE {at} >= %(start)s AND {at} < %(end)s ORDER BY {at}, {table}.id"  # noqa: S608
    shape = tuple(Column(name, kind) for name, (kind, _) in columns.items())
    return Report(shape, lambda _: statement, {})


def _same(kind: Kind, *names: str) -> dict[str, tuple[Kind, str]]:
    return {name: (kind, f"{name}::text" if kind is Kind.ID else name) for name in names}


def _property(*names: str) -> dict[str, tuple[Kind, str]]:
    """What an app tells beside these may be anything, and stays here."""
    return {name: (Kind.SAID, f"properties->>'{name}'") for name in names}


RAW = {
    "events": _rows_of(
        "analytics_event",
        "occurred_at",
        {
            **_same(Kind.ID, "id"),
            **_same(Kind.TIME, "occurred_at", "received_at"),
            **_same(Kind.BOOLEAN, "is_clamped"),
            **_same(Kind.SAID, "event_type", "session_id"),
            **_same(Kind.ID, "user_id", "listing_id", "order_id", "chat_id"),
            **_same(Kind.SAID, "step"),
            **_property("screen", "button", "feature_key", "result"),
        },
    ),
    "listings": _rows_of(
        "listings_listing",
        "created_at",
        {
            **_same(Kind.ID, "id", "seller_id", "category_id", "brand_id"),
            **_same(Kind.SAID, "title"),
            **_same(Kind.INTEGER, "price_cents"),
            **_same(Kind.TEXT, "currency"),
            **_same(Kind.SAID, "condition"),
            **_same(Kind.INTEGER, "quantity", "reserved", "sold"),
            **_same(Kind.TEXT, "state"),
            **_same(Kind.BOOLEAN, "is_active"),
            **_same(Kind.TIME, "created_at", "updated_at"),
        },
    ),
    "orders": _rows_of(
        "orders_order",
        "created_at",
        {
            **_same(Kind.ID, "id", "buyer_id", "seller_id", "listing_id"),
            **_same(Kind.INTEGER, "quantity", "unit_price_cents", "total_cents", "release_cents"),
            **_same(Kind.TEXT, "currency", "state", "status"),
            **_same(Kind.BOOLEAN, "is_sale"),
            **_same(Kind.TIME, "created_at", "updated_at"),
        },
    ),
}

_KINDS = {"day": Kind.DAY, "pct_cancelled": Kind.NUMBER, "category_id": Kind.ID}
_WORDS = ("step", "event_type", "button", "screen", "status")


def _kind(name: str) -> Kind:
    return _KINDS.get(name) or (Kind.SAID if name in _WORDS else Kind.INTEGER)


def _answers_to(question: Question) -> Report:
    columns = tuple(Column(name, _kind(name)) for name in question.columns)
    return Report(columns, question.statement, question.parameters, is_question=True)


REPORTS: dict[str, Report] = {**{name: _answers_to(question) for name, question in QUESTIONS.items()}, **RAW}
