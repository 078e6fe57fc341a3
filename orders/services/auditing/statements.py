"""Ours beside the provider's: what it says it has done for each order, and what is booked.

A statement and the ledger are not read in the same moment, so what differs is read once more: only what differs
twice, and waits for no answer, is a difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
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
WHERE a.code = 'psp_clearing:' || %(provider)s AND t.order_id IS NOT NULL
  AND t.source ~ '^o[0-9a-f-]{36}:(capture|refund|came_back|refunded_twice|transfer|chargeback):'
GROUP BY 1, 2
"""
# What was settled without asking the provider: by the buyer's bank, by hand, for a seller by hand; and what came back
_OUTSIDE = """
SELECT order_id, currency,
  coalesce(sum(amount_cents) FILTER (WHERE kind = 'refund' AND provider_ref LIKE 'outside:%%'), 0),
  coalesce(sum(amount_cents) FILTER (WHERE kind = 'refund' AND provider_ref = 'outside'), 0),
  coalesce(sum(amount_cents) FILTER (WHERE kind = 'transfer' AND provider_ref = 'outside'), 0),
  coalesce(sum(amount_cents) FILTER (WHERE failure LIKE 'came back: %%'), 0),
  coalesce((SELECT sum(p.amount) FROM orders_posting p JOIN orders_account a ON a.id = p.account_id
    JOIN orders_ledgertransaction t ON t.id = p.transaction_id
    WHERE t.order_id = op.order_id AND a.code = 'settled_outside'), 0)
FROM orders_operation op WHERE provider = %(provider)s AND kind IN ('refund', 'transfer') AND state = 'succeeded'
  AND (provider_ref LIKE 'outside%%' OR failure LIKE 'came back: %%') GROUP BY 1, 2
"""
# What the buyer got beside another refund; and how much of it, and of what the bank took, was settled by hand before
_UNASKED = """
SELECT t.order_id, a.currency,
  coalesce(sum(p.amount) FILTER (
    WHERE a.code = 'psp_clearing:' || %(provider)s AND t.source LIKE '%%:refunded_twice:%%'), 0),
  coalesce(sum(p.amount) FILTER (WHERE a.code LIKE 'memo.by_hand:%%' AND t.source LIKE '%%:chargeback:%%'), 0),
  coalesce(sum(p.amount) FILTER (WHERE a.code LIKE 'memo.by_hand:%%' AND t.source LIKE '%%:refunded_twice:%%'), 0),
  coalesce(sum(p.amount) FILTER (
    WHERE a.code = 'psp_clearing:' || %(provider)s AND t.source LIKE '%%:had_twice:refunded_twice:%%'), 0)
FROM orders_posting p JOIN orders_account a ON a.id = p.account_id
JOIN orders_ledgertransaction t ON t.id = p.transaction_id
WHERE t.source ~ ':(refunded_twice|chargeback):' GROUP BY 1, 2
"""
_RELEASED = "SELECT order_id FROM orders_stockhold WHERE state = 'released'"
_OPEN = """
SELECT order_id FROM orders_operation WHERE due_at IS NOT NULL
UNION SELECT o.order_id FROM orders_inboxevent e JOIN orders_operation o ON o.id::text = e.operation_id
WHERE e.processed_at IS NULL AND e.due_at IS NOT NULL AND e.received_at > now() - interval '1 day'
"""

Key = tuple[str, str]  # order and currency


@dataclass(frozen=True)
class Moved:
    """What moved, as either side has it."""

    taken: int = 0
    back: int = 0
    paid_out: int = 0
    charged_back: int = 0

    def __str__(self) -> str:
        return f"taken {self.taken}, back {self.back}, paid out {self.paid_out}, charged back {self.charged_back}"


@dataclass(frozen=True)
class Outside:
    """Of what we have booked as refunds and payouts: what the provider was not asked for, or has again."""

    by_bank: int = 0
    by_hand: int = 0
    paid_by_hand: int = 0
    came_back: int = 0
    paid_otherwise: int = 0  # of what came back


@dataclass(frozen=True)
class Unasked:
    twice: int = 0
    hand_by_bank: int = 0  # that is known to have been what was settled by hand
    hand_by_refund: int = 0
    had_twice: int = 0  # of what was taken for that, and was another refund


Kind = TypeVar("Kind", Moved, Outside, Unasked)


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
        ours, outside = _by_order(_OURS, name, Moved), _by_order(_OUTSIDE, name, Outside)
        unasked = _by_order(_UNASKED, name, Unasked)
        moving = {str(order) for (order,) in _rows(_OPEN)}
        released = {str(order) for (order,) in _rows(_RELEASED)}
    found: dict[Key, str] = {}
    for key in theirs.keys() | ours.keys():
        if key[0] in moving:
            continue
        booked = ours.get(key, Moved())
        beside = (outside.get(key, Outside()), unasked.get(key, Unasked()))
        what = _why(theirs.get(key), booked, *beside, is_released=key[0] in released)
        if what:
            found[key] = what
    return found


def _may_say(ours: Moved, outside: Outside, unasked: Unasked) -> set[Moved]:
    """What was settled by hand the provider knows as a refund, as a chargeback, as a payout, or not at all."""
    back = ours.back - outside.by_bank - outside.by_hand
    charged_back = ours.charged_back + outside.by_bank + unasked.hand_by_bank
    left = max(0, outside.by_hand - unasked.hand_by_bank)
    sides = {(back + cents, charged_back) for cents in (0, outside.by_hand, left, unasked.hand_by_refund)}
    sides.add((back, charged_back + left))
    sides |= {(back + unasked.had_twice, charged_back) for back, charged_back in sides}
    sides |= {(back + outside.paid_otherwise, charged_back) for back, charged_back in sides}
    payouts = (ours.paid_out, ours.paid_out - outside.paid_by_hand)
    return {Moved(ours.taken, back, paid_out, bank) for back, bank in sides for paid_out in payouts}


def _why(line: Line | None, ours: Moved, outside: Outside, unasked: Unasked, *, is_released: bool) -> str:
    if line is None:
        return f"the provider knows nothing, we have booked {ours}"
    theirs = Moved(line.captured_cents, line.refunded_cents, line.transferred_cents, line.charged_back_cents)
    if theirs not in _may_say(ours, outside, unasked):
        return f"the provider says {theirs}, we have booked {ours}"
    if theirs.taken - theirs.back > line.authorized_cents:  # what was given back again is put right
        return f"the provider took {theirs.taken} and was allowed {line.authorized_cents}"
    given_out = theirs.back + theirs.paid_out - unasked.twice
    if given_out > theirs.taken:
        return f"the provider gave out more than it took: {theirs}"
    left = line.held_cents + theirs.taken - given_out - sum(vars(outside).values())
    if is_released and left > 0:
        return f"the pieces are free and the provider still has {left}"
    return ""


def _by_order(sql: str, name: str, kind: type[Kind]) -> dict[Key, Kind]:
    return {(str(order), currency): kind(*map(int, sums)) for order, currency, *sums in _rows(sql, provider=name)}


def _rows(sql: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _as_id(text: str) -> UUID | None:
    """The provider's word for an order, if it is one of ours."""
    try:
        return UUID(text)
    except ValueError:
        return None
