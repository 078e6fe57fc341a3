"""The books. What happened is booked by name, once; PostgreSQL sees to it that every booking adds up.

Credit is positive. `psp_clearing` is what a provider owes us with the sign turned; `escrow` is what we owe the parties
of an order; `memo` accounts note a hold, which is nobody's money yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, Sum

from orders.models import Account, Operation, Order, Posting

CHARGEBACK, TWICE = "chargeback", "refunded_twice"  # what is lost by
SETTLED_OUTSIDE = "settled_outside"


@dataclass(frozen=True)
class Leg:
    code: str
    cents: int
    keeps_balance: bool = True
    may_be_negative: bool = False


def escrow(order: Order, cents: int) -> Leg:
    return Leg(f"escrow:{order.pk}", cents)


def seller(order: Order, cents: int) -> Leg:
    return Leg(f"seller:{order.seller_id}", cents)


def clearing(provider: str, cents: int) -> Leg:
    return Leg(f"psp_clearing:{provider}", cents, keeps_balance=False, may_be_negative=True)


def fee(cents: int) -> Leg:
    return Leg("revenue.fee", cents, keeps_balance=False, may_be_negative=True)


def clawback(order: Order, cents: int) -> Leg:
    """What a seller owes for money that buyers' banks took back; below zero for as long as they do."""
    return Leg(clawback_code(order), cents, may_be_negative=True)


def clawback_code(order: Order) -> str:
    return f"clawback:{order.seller_id}"


def _hold(order: Order, cents: int) -> tuple[Leg, Leg]:
    return (
        Leg(f"memo.hold:{order.pk}", cents),
        Leg(f"memo.buyer:{order.pk}", -cents, keeps_balance=False, may_be_negative=True),
    )


def authorized(order: Order, source: str, cents: int) -> None:
    post(source, order, *_hold(order, cents))


def voided(order: Order, source: str, cents: int) -> None:
    post(source, order, *_hold(order, -cents))


def captured(order: Order, source: str, *, held: int, cents: int, provider: str) -> None:
    """What was held is held no more; what was taken of it is in escrow."""
    post(source, order, *_hold(order, -held), clearing(provider, -cents), escrow(order, cents))


def refunded(order: Order, source: str, cents: int, provider: str) -> None:
    post(source, order, escrow(order, -cents), clearing(provider, cents))


def paid_out(order: Order, source: str, *, cents: int, fee_cents: int, provider: str) -> None:
    """Out of escrow to the seller and to us, and from the seller's account on to where they have their money."""
    post(f"{source}:release", order, escrow(order, -cents - fee_cents), seller(order, cents), fee(fee_cents))
    post(source, order, seller(order, -cents), clearing(provider, cents))


def fee_taken(order: Order, source: str, cents: int) -> None:
    """Where all that is released goes to the fee, nothing is left to transfer."""
    post(source, order, escrow(order, -cents), fee(cents))


def got_unasked(
    order: Order,
    source: str,
    *,
    provider: str,
    loss: str,
    owed: int = 0,
    by_hand: int = 0,
    sellers: int = 0,
    ours: int = 0,
) -> bool:
    """The provider gave the buyer money that it was not asked to; `services/unasked.py` says whose it was.

    What had been settled by hand was booked then. That it is used up is noted, so that it is not counted once more.
    """
    used = (
        Leg(f"memo.by_hand:{order.pk}", by_hand),
        Leg(f"memo.counted:{order.pk}", -by_hand, keeps_balance=False, may_be_negative=True),
    )
    borne = Leg(f"expense.{loss}", -ours, keeps_balance=False, may_be_negative=True)
    given = clearing(provider, owed + sellers + ours)
    return post(source, order, _owed_to_buyer(order, -owed), clawback(order, -sellers), borne, given, *used)


def counted_by_hand(order: Order) -> int:
    return _balance(f"memo.by_hand:{order.pk}")


def taken_for_by_hand(order: Order) -> list[tuple[str, int]]:
    """What the buyer got that was taken for what had been settled by hand: by what booking, and how much. Not what has
    been found to be something else.
    """
    taken = Posting.objects.filter(transaction__order=order, account__code=f"memo.by_hand:{order.pk}")
    rows = list(taken.order_by("transaction_id").values_list("transaction__source", "amount"))
    found = order.bookings.filter(source__in=[had_twice(order, source) for source, _ in rows])
    names = set(found.values_list("source", flat=True))  # without rows this asks nothing
    return [(source, cents) for source, cents in rows if had_twice(order, source) not in names]


def had_twice(order: Order, source: str) -> str:
    """The booking which says that what was booked there was something else."""
    return f"o{order.pk}:had_twice:{source.removeprefix(f'o{order.pk}:')}"


def paid_to_buyer_otherwise(order: Order) -> int:
    return _of_this_order(order, SETTLED_OUTSIDE)


def borne_by_seller(order: Order) -> int:
    """Of what the buyer's bank took of this order alone, and has not been found to be the buyer's after all."""
    return -_of_this_order(order, clawback_code(order))


def net_against_owed(order: Order, source: str) -> None:
    """The buyer is owed what came back, and has got more in other ways: the one is set against the other. What nobody
    else bears comes first, so the seller owes what they would owe if the news had come in another order.
    """
    left = owed_to_buyer(order)
    legs = []
    for code in (f"expense.{TWICE}", f"expense.{CHARGEBACK}", clawback_code(order)):
        cents = min(left, max(0, -_of_this_order(order, code)))
        is_kept = code == clawback_code(order)
        legs.append(Leg(code, cents, keeps_balance=is_kept, may_be_negative=True))
        left -= cents
    netted = sum(leg.cents for leg in legs)
    if netted:
        post(source, order, _owed_to_buyer(order, -netted), *legs)


def overpaid_by_seller(order: Order, *, is_locked: bool = False) -> int:
    """Kept from their later sales for what they turned out not to owe for this one, and not used up by other debts."""
    too_much = _of_this_order(order, clawback_code(order), source__regex=":(netted|seller_paid_back)(:|$)")
    return max(0, min(too_much, _clawback_balance(order, is_locked=is_locked)))


def seller_paid_back(order: Order, source: str, cents: int) -> None:
    outside = Leg("settled_outside.seller", cents, keeps_balance=False, may_be_negative=True)
    post(source, order, clawback(order, -cents), outside)


def _of_this_order(order: Order, code: str, **about: Any) -> int:
    about = {f"transaction__{name}": value for name, value in about.items()}
    postings = Posting.objects.filter(transaction__order=order, account__code=code, **about)
    return int(postings.aggregate(sum=Sum("amount"))["sum"] or 0)


def given_by(order: Order, refund: Operation) -> int:
    """So much of what the buyer has, by the books, is from this one refund."""
    beside = f"o{order.pk}:{TWICE}:{refund.seq}"
    names = (beside, had_twice(order, beside), f"o{order.pk}:came_back:{refund.seq}")
    about = Q(transaction__source__in=(refund.key, *names))
    for name in names:
        about |= Q(transaction__source__startswith=f"{name}:")
    moved = Posting.objects.filter(about, transaction__order=order, account__code=f"psp_clearing:{refund.provider}")
    return int(moved.aggregate(sum=Sum("amount"))["sum"] or 0)


def fresh(order: Order, name: str) -> str:
    """A source for what may happen more than once: the name, or the name with a number."""
    earlier = order.bookings.filter(Q(source=name) | Q(source__startswith=f"{name}:")).count()
    return f"{name}:{earlier}" if earlier else name


def came_back(order: Order, source: str, *, cents: int, provider: str) -> None:
    """A refund that did not reach the buyer: the provider has it again, and it is still theirs."""
    post(source, order, clearing(provider, -cents), _owed_to_buyer(order, cents))


def paid_otherwise(order: Order, source: str, cents: int) -> None:
    outside = Leg(SETTLED_OUTSIDE, cents, keeps_balance=False, may_be_negative=True)
    post(source, order, _owed_to_buyer(order, -cents), outside)


def _owed_to_buyer(order: Order, cents: int) -> Leg:
    return Leg(f"owed.buyer:{order.pk}", cents)


def owed_to_buyer(order: Order) -> int:
    return _balance(f"owed.buyer:{order.pk}")


def withheld(order: Order, source: str, cents: int) -> None:
    """Out of escrow against what the seller owes."""
    post(source, order, escrow(order, -cents), clawback(order, cents))


def owed(order: Order) -> int:
    """By its seller, in its currency. Locked: two payouts of one seller never pay the same debt."""
    return max(0, -_clawback_balance(order, is_locked=True))


def _clawback_balance(order: Order, *, is_locked: bool = False) -> int:
    account = Account.objects.filter(code=clawback_code(order), currency=order.currency)
    if is_locked:
        account = account.select_for_update(no_key=True)
    return account.values_list("balance", flat=True).first() or 0


def post(source: str, order: Order, *legs: Leg) -> bool:
    """False when it was booked before. Accounts are locked in one order, so two bookings never wait for each other."""
    transaction_id = _begun(source, order)
    if transaction_id is None:
        return False
    rows = sorted((_account(leg, order.currency), leg.cents) for leg in legs if leg.cents)
    Posting.objects.bulk_create(
        Posting(transaction_id=transaction_id, account_id=account_id, amount=cents) for account_id, cents in rows
    )
    return True


def _begun(source: str, order: Order) -> int | None:
    """Whoever books the same at the same time waits here, and then finds it booked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_ledgertransaction (source, order_id) VALUES (%s, %s)"
            " ON CONFLICT (source) DO NOTHING RETURNING id",
            [source, order.pk],
        )
        row = cursor.fetchone()
        return None if row is None else int(row[0])


def _account(leg: Leg, currency: str) -> int:
    kind = {"keeps_balance": leg.keeps_balance, "may_be_negative": leg.may_be_negative}
    found, _ = Account.objects.get_or_create(code=leg.code, currency=currency, defaults=kind)
    return int(found.pk)


def in_escrow(order_id: UUID) -> int:
    return _balance(f"escrow:{order_id}")


def held(order: Order) -> int:
    """On the buyer's side, for this order."""
    return _balance(f"memo.hold:{order.pk}")


def _balance(code: str) -> int:
    return int(Account.objects.filter(code=code).aggregate(sum=Sum("balance"))["sum"] or 0)
