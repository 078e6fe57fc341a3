"""A buyer got money in a way that we did not ask for: through their bank, or by a refund beside another.

First it is what they were still owed, then what was settled by hand, for that may be the very same money. What goes
beyond it is owed by the seller, if it was the bank that took it, and never more than they were paid for; the rest is
our loss.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from orders import ledger
from orders.models import Operation, Order


@dataclass(frozen=True)
class Shares:
    owed: int
    by_hand: int
    sellers: int
    ours: int


def book(order: Order, source: str, *, cents: int, provider: str, does_seller_owe: bool, loss: str) -> Shares | None:
    """`order` is locked. None when it was booked before."""
    shares = _shares(order, cents, does_seller_owe=does_seller_owe)
    legs = {"owed": shares.owed, "by_hand": shares.by_hand, "sellers": shares.sellers, "ours": shares.ours}
    return shares if ledger.got_unasked(order, source, provider=provider, loss=loss, **legs) else None


def _shares(order: Order, cents: int, *, does_seller_owe: bool) -> Shares:
    owed = min(cents, ledger.owed_to_buyer(order))
    left = cents - owed
    by_hand = min(left, max(0, _settled_by_hand(order) - ledger.counted_by_hand(order)))
    left -= by_hand
    sellers = _sellers(order, left) if does_seller_owe else 0
    return Shares(owed, by_hand, sellers, left - sellers)


def _sellers(order: Order, cents: int) -> int:
    return min(cents, max(0, (order.release_cents or 0) - ledger.borne_by_seller(order)))


def book_as_had_twice(order: Order, *, provider: str) -> int:
    """`order` is locked. What was taken for what had been settled by hand was not: they have both. How much that is."""
    taken = ledger.taken_for_by_hand(order)
    for source, cents in taken:
        by_bank = source.startswith(f"o{order.pk}:{ledger.CHARGEBACK}:")
        sellers = _sellers(order, cents) if by_bank else 0
        loss = ledger.CHARGEBACK if by_bank else ledger.TWICE
        shares = {"sellers": sellers, "ours": cents - sellers}
        ledger.got_unasked(order, ledger.had_twice(order, source), provider=provider, loss=loss, **shares)
    return sum(cents for _, cents in taken)


def _settled_by_hand(order: Order) -> int:
    made = {"kind": Operation.Kind.REFUND, "provider_ref": Operation.OUTSIDE, "state": Operation.State.SUCCEEDED}
    refunds = int(order.operations.filter(**made).aggregate(sum=Sum("amount_cents"))["sum"] or 0)
    return refunds + ledger.paid_to_buyer_otherwise(order)
