"""Many more of the orders that are over, copied in the database from those that the services have made.

A copy has a thing, steps, requests, bookings and events of its own, and every guard of the database looks at it as at
any other. So a thousand orders take seconds, and their books add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from listings.models import Listing, ListingPrice
from marketplace.common.models import OutboxDelivery, OutboxEvent
from orders.models import (
    Account,
    Escrow,
    LedgerTransaction,
    Operation,
    Order,
    OrderEvent,
    Posting,
    SimulatorRecord,
    StockHold,
)

Copy = tuple[UUID, UUID, UUID, UUID, UUID]  # order and thing as they are; order, thing and client's id as they become

_MAP = """
CREATE TEMPORARY TABLE copied AS
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[])
  AS m (old, old_thing, new, new_thing, client_id)
"""
# Its own, and still ordered by the time that is in it
_ANEW = """(left(x.id::text, 15) || substr(md5(x.id::text || m.new::text)::uuid::text, 16, 4) || 'a'
  || substr(md5(x.id::text || m.new::text)::uuid::text, 21))::uuid"""
_NAMED = "replace({}, m.old::text, m.new::text)"

_POSTINGS = """
INSERT INTO orders_posting (transaction_id, account_id, amount)
SELECT booked.id, into_.id, p.amount FROM copied m
JOIN orders_ledgertransaction t ON t.order_id = m.old JOIN orders_posting p ON p.transaction_id = t.id
JOIN orders_account a ON a.id = p.account_id
JOIN orders_ledgertransaction booked ON booked.source = replace(t.source, m.old::text, m.new::text)
JOIN orders_account into_ ON into_.code = replace(a.code, m.old::text, m.new::text) AND into_.currency = a.currency
ORDER BY m.new, p.id
"""


@transaction.atomic
def copy(copies: Sequence[Copy]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MAP, [list(column) for column in zip(*copies, strict=True)])
        for statement in _statements():
            cursor.execute(statement)
        cursor.execute("DROP TABLE copied")


def analyze() -> None:
    """After many: the planner has to be told how the tables have grown."""
    with connection.cursor() as cursor:
        for model in (Listing, Order, OrderEvent, Operation, Account, LedgerTransaction, Posting, SimulatorRecord):
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def _statements() -> list[str]:
    of_order, of_thing = "x.order_id = m.old", "x.listing_id = m.old_thing"
    thing, order = {"listing_id": "m.new_thing"}, {"order_id": "m.new"}
    told = "replace(replace(x.payload::text, m.old::text, m.new::text), m.old_thing::text, m.new_thing::text)::jsonb"
    is_new = {"created_at": "clock_timestamp()"}
    return [
        _insert(Listing, "x.id = m.old_thing", {"id": "m.new_thing"}, but="number"),
        _insert(ListingPrice, of_thing, thing, but="id"),
        _insert(Order, "x.id = m.old", {"id": "m.new", **thing, "client_id": "m.client_id", **is_new}, but="number"),
        _insert(OrderEvent, of_order, {"id": _ANEW, **order, "at": "clock_timestamp()"}, sort="x.version"),
        _insert(StockHold, of_order, {**order, **thing}),
        _insert(Operation, of_order, {"id": _ANEW, **order}),
        _insert(Escrow, of_order, {"id": _ANEW, **order}),
        _insert(
            SimulatorRecord,
            "x.order_id = m.old::text",
            {"id": _ANEW, "order_id": "m.new::text", "key": _NAMED.format("x.key")},
        ),
        _insert(
            Account,
            "x.code IN ('escrow:' || m.old, 'memo.hold:' || m.old, 'memo.buyer:' || m.old)",
            {"code": _NAMED.format("x.code"), "balance": "0"},
            but="id",
        ),
        _insert(LedgerTransaction, of_order, {**order, "source": _NAMED.format("x.source")}, but="id", sort="x.id"),
        _POSTINGS,
        _insert(
            OutboxEvent,
            "x.payload ->> 'order_id' = m.old::text AND x.kind LIKE 'order.%'",
            {"id": _ANEW, "payload": told},
        ),
        _insert_deliveries(),
    ]


def _insert(model: Any, join: str, becomes: dict[str, str], *, but: str = "", sort: str = "m.old") -> str:
    """Every column as it was but those that name what it belongs to; what the database numbers, it numbers."""
    table = model._meta.db_table
    return f"{_into(model, becomes, but)} FROM {table} x JOIN copied m ON {join} ORDER BY m.new, {sort}"


def _insert_deliveries() -> str:
    """Other apps hear of a copy as of any order; nobody is written to about it."""
    is_ours = "CASE WHEN x.listener LIKE 'orders.listeners.%' THEN 'done' ELSE 'waiting' END"
    becomes = {"event_id": _ANEW.replace("x.id", "e.id"), "state": is_ours, "attempts": "0"}
    return (
        f"{_into(OutboxDelivery, becomes, 'id')}"
        " FROM common_outboxevent e JOIN copied m ON e.payload ->> 'order_id' = m.old::text"
        " JOIN common_outboxdelivery x ON x.event_id = e.id WHERE e.kind LIKE 'order.%'"
    )


def _into(model: Any, becomes: dict[str, str], but: str) -> str:
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
    names = [name for name in columns if name != but]
    values = ", ".join(becomes.get(name, f"x.{name}") for name in names)
    return f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {values}"
