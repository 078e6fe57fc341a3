"""Ours beside the provider's: what it says it has done for each order, and what is booked.

A statement and the ledger are not read in the same moment, so what differs is read once more: only what differs
twice, and waits for no answer, is a difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from orders.models import Operation
from orders.providers.base import KeepsStatement, Line
from orders.providers.registry import provider
from orders.services.auditing.moment import one_moment

_OURS = """
SELECT t.order_id, a.currency,
  coalesce(-sum(p.amount) FILTER (WHERE t.source LIKE '%%:capture:%%'), 0),
  coalesce(sum(p.amount) FILTER (WHERE t.source ~ ':(refund|came_back|refunded_twice):'), 0),
  coalesce(sum(p.amount) FILTER (WHERE t.source LIKE '%%:transfer:%%'), 0),
  coalesce(sum(p.amount) FILTER (WHERE t.source LIKE '%%:chargeback:%%'), 0)
FROM orders_posting p JOIN orders_account a ON a.id = p.account_id
JOIN orders_ledgertransaction t ON t.id = p.transaction_id
WHERE a.code = 'psp_clearing:' || %s AND t.order_id IS NOT NULL
  AND t.source ~ '^o[0-9a-f-]{36}:(capture|refund|came_back|refunded_twice|transfer|chargeback):'
GROUP BY 1, 2
"""
# What a buyer got in another way than by our asking: through their bank, or by an operator's hand; and what came back
_OUTSIDE = """
SELECT order_id, currency, coalesce(sum(amount_cents) FILTER (WHERE provider_ref LIKE 'outside:%%'), 0),
  coalesce(sum(amount_cents) FILTER (WHERE provider_ref = 'outside'), 0),
  coalesce(sum(amount_cents) FILTER (WHERE failure LIKE 'came back: %%'), 0)
FROM orders_operation WHERE provider = %s AND kind = 'refund' AND state = 'succeeded'
  AND (provider_ref LIKE 'outside%%' OR failure LIKE 'came back: %%') GROUP BY 1, 2
"""
_TWICE = """
SELECT t.order_id, a.currency, sum(p.amount) FROM orders_posting p JOIN orders_account a ON a.id = p.account_id
JOIN orders_ledgertransaction t ON t.id = p.transaction_id
WHERE a.code = 'psp_clearing:' || %s AND t.source LIKE '%%:refunded_twice:%%' GROUP BY 1, 2
"""
_RELEASED = "SELECT order_id FROM orders_stockhold WHERE state = 'released'"
_OPEN = """
SELECT order_id FROM orders_operation WHERE due_at IS NOT NULL
UNION SELECT o.order_id FROM orders_inboxevent e JOIN orders_operation o ON o.id::text = e.operation_id
WHERE e.processed_at IS NULL AND e.due_at IS NOT NULL AND e.received_at > now() - interval '1 day'
"""

Key = tuple[str, str]  # order and currency
NOTHING = (0, 0, 0, 0)
NOTHING_OUTSIDE = (0, 0, 0)


@dataclass(frozen=True)
class Difference:
    order_id: UUID | None
    what: str


def names_in_use() -> list[str]:
    return sorted(Operation.objects.values_list("provider", flat=True).distinct())


def differences(name: str) -> list[Difference] | None:
    """None where the provider has no statement to give."""
    asked = provider(name)
    if not isinstance(asked, KeepsStatement):
        return None
    first = _compared(name, asked.statement())
    if not first:
        return []
    again = _compared(name, asked.statement())
    return [Difference(_as_id(key[0]), what) for key, what in again.items() if key in first]


def _compared(name: str, statement: Iterable[Line]) -> dict[Key, str]:
    theirs = {(line.order_id, line.currency): line for line in statement}  # the asking is over before we look at ours
    with one_moment():
        ours = {(str(order), currency): tuple(map(int, sums)) for order, currency, *sums in _rows(_OURS, name)}
        outside = {(str(order), currency): tuple(map(int, sums)) for order, currency, *sums in _rows(_OUTSIDE, name)}
        twice = {(str(order), currency): int(cents) for order, currency, cents in _rows(_TWICE, name)}
        moving = {str(order) for (order,) in _rows(_OPEN)}
        released = {str(order) for (order,) in _rows(_RELEASED)}
    found: dict[Key, str] = {}
    for key in theirs.keys() | ours.keys():
        if key[0] in moving:
            continue
        what = _why(
            theirs.get(key),
            ours.get(key, NOTHING),
            outside=outside.get(key, NOTHING_OUTSIDE),
            twice=twice.get(key, 0),
            is_released=key[0] in released,
        )
        if what:
            found[key] = what
    return found


def _may_say(ours: tuple[int, ...], outside: tuple[int, ...]) -> set[tuple[int, ...]]:
    """What was settled by hand the provider knows as a refund, as a chargeback, or not at all."""
    taken, back, paid_out, charged_back = ours
    bank, hand, _ = outside
    back, charged_back = back - bank, charged_back + bank
    return {
        (taken, back, paid_out, charged_back),
        (taken, back - hand, paid_out, charged_back),
        (taken, back - hand, paid_out, charged_back + hand),
    }


def _why(line: Line | None, ours: tuple[int, ...], *, outside: tuple[int, ...], twice: int, is_released: bool) -> str:
    if line is None:
        return f"the provider knows nothing, we have booked {_told(ours)}"
    sums = (line.captured_cents, line.refunded_cents, line.transferred_cents, line.charged_back_cents)
    if sums not in _may_say(ours, outside):
        return f"the provider says {_told(sums)}, we have booked {_told(ours)}"
    if line.captured_cents - line.refunded_cents > line.authorized_cents:  # what was given back again is put right
        return f"the provider took {line.captured_cents} and was allowed {line.authorized_cents}"
    given_out = line.refunded_cents + line.transferred_cents - twice
    if given_out > line.captured_cents:
        return f"the provider gave out more than it took: {_told(sums)}"
    left = line.held_cents + line.captured_cents - given_out - sum(outside)
    if is_released and left > 0:
        return f"the pieces are free and the provider still has {left}"
    return ""


def _told(sums: tuple[int, ...]) -> str:
    return "taken {}, back {}, paid out {}, charged back {}".format(*sums)


def _rows(sql: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _as_id(text: str) -> UUID | None:
    """The provider's word for an order, if it is one of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None
