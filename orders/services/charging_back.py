"""The buyer's bank took the money back: the books say so, and the seller's next payouts make it good."""

from __future__ import annotations

from typing import Any

from orders import ledger
from orders.lifecycle import Note, State
from orders.models import LedgerTransaction, Operation, Order
from orders.providers.base import Chargeback
from orders.services import unasked
from orders.services.answers import call_for_attention, quarantine
from orders.services.moving import SYSTEM, note


def charge_back(order: Order, payment: Operation, taken: Chargeback) -> str:
    """`order` is locked. Told again, it is booked once."""
    why = f"charged back: {taken.amount_cents} {taken.currency}"
    if is_booked(order, taken):
        return "charged back"
    if not _is_paid_out(order):
        return _before_the_payout(order, payment, taken, why)
    if taken.currency != order.currency:
        quarantine(order, why)
        return "quarantined"
    _book(order, taken, cents=taken.amount_cents, provider=payment.provider, why=why)
    return "charged back"


def _before_the_payout(order: Order, payment: Operation, taken: Chargeback, why: str) -> str:
    """The money is missing in escrow, so whatever happens next must be decided by somebody; unless it is what had come
    back, and has reached the buyer by their bank now.
    """
    if not _noted(order).filter(facts__reference=taken.reference).exists():
        owed = min(taken.amount_cents, ledger.owed_to_buyer(order)) if taken.currency == order.currency else 0
        left = taken.amount_cents - owed
        if owed:
            source = f"{_source(order, taken)}:owed" if left else _source(order, taken)
            ledger.got_unasked(order, source, provider=payment.provider, loss=ledger.CHARGEBACK, owed=owed)
        if not left:
            call_for_attention(order, f"{why}; it is what had come back")
            return "charged back"
        facts = {"reference": taken.reference, "cents": left, "currency": taken.currency}
        note(order, Note.CHARGE_BACK, by=SYSTEM, facts=facts)
    quarantine(order, why)
    return "quarantined"


def _book(order: Order, taken: Chargeback, *, cents: int, provider: str, why: str) -> None:
    source = _source(order, taken)
    shares = unasked.book(order, source, cents=cents, provider=provider, does_seller_owe=True, loss=ledger.CHARGEBACK)
    if shares is None:
        return
    if shares.by_hand:  # whether it is the same money nobody here knows
        why = f"{why}; are {shares.by_hand} of it what was settled outside?"
    call_for_attention(order, why)


def unbooked(order: Order) -> list[Chargeback]:
    """What came before the payout and has not been settled yet. Kept in the chain, whatever becomes of the event."""
    noted = _noted(order).order_by("version").values_list("facts", flat=True)
    known = (Chargeback(each["reference"], each["cents"], each["currency"]) for each in noted)
    return [each for each in known if not is_booked(order, each)]


def _noted(order: Order) -> Any:
    return order.events.filter(step=Note.CHARGE_BACK)


def is_booked(order: Order, taken: Chargeback) -> bool:
    """Or settled with nothing to book: of another currency, when nothing was left."""
    settled = order.events.filter(step=Note.BOOK, facts__outside=settled_by(taken))
    return settled.exists() or LedgerTransaction.objects.filter(source=_source(order, taken)).exists()


def settled_by(taken: Chargeback) -> str:
    return f"{Operation.OUTSIDE}:{taken.reference}"[:120]


def bear(order: Order, taken: Chargeback, *, cents: int, provider: str) -> None:
    """More was taken back than was still in escrow: nobody else owes the rest."""
    ledger.got_unasked(order, _source(order, taken), provider=provider, loss=ledger.CHARGEBACK, ours=cents)


def _source(order: Order, taken: Chargeback) -> str:
    return f"o{order.pk}:chargeback:{taken.reference}"


def _is_paid_out(order: Order) -> bool:
    """Or about to be: a payout that is refused after all then pays the debt out of this very order's escrow.

    At another end nothing is left of it either: what the seller got is owed, and we bear the rest.
    """
    if order.state == State.SETTLING:
        return order.operations.filter(kind=Operation.Kind.TRANSFER).exists()
    return order.is_over
