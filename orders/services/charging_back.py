"""The buyer's bank took the money back: the books say so, and the seller's next payouts make it good."""

from __future__ import annotations

from orders import ledger
from orders.lifecycle import Note, State
from orders.models import LedgerTransaction, Operation, Order
from orders.providers.base import Chargeback
from orders.services.answers import call_for_attention, quarantine
from orders.services.moving import SYSTEM, note
from orders.services.settling import Funds


def charge_back(order: Order, payment: Operation, taken: Chargeback) -> str:
    """`order` is locked. Told again, it is booked once."""
    why = f"charged back: {taken.amount_cents} {taken.currency}"
    if is_booked(order, taken):
        return "charged back"
    if not _is_paid_out(order):
        # Before the payout the money is missing in escrow: whatever happens next must be decided by somebody
        _remember(order, taken)
        quarantine(order, why)
        return "quarantined"
    if taken.currency != order.currency:
        quarantine(order, why)
        return "quarantined"
    by_hand = Funds.of(order.operations.all()).by_hand
    if by_hand:  # whether it is the same money nobody here knows; what goes beyond it is not
        why = f"{why}; are {by_hand} of it what was settled outside?"
    if taken.amount_cents <= by_hand:
        call_for_attention(order, why)
        return "perhaps settled outside"
    rest = taken.amount_cents - by_hand
    if ledger.charged_back(order, _source(order, taken), cents=rest, provider=payment.provider):
        call_for_attention(order, why)
    return "charged back"


def unbooked(order: Order) -> list[Chargeback]:
    """What came before the payout and has not been settled yet. Kept in the chain, whatever becomes of the event."""
    noted = order.events.filter(step=Note.CHARGE_BACK).order_by("version").values_list("facts", flat=True)
    known = (Chargeback(each["reference"], each["cents"], each["currency"]) for each in noted)
    return [each for each in known if not is_booked(order, each)]


def is_booked(order: Order, taken: Chargeback) -> bool:
    settled = order.operations.filter(kind=Operation.Kind.REFUND, provider_ref=settled_by(taken))
    return settled.exists() or LedgerTransaction.objects.filter(source=_source(order, taken)).exists()


def settled_by(taken: Chargeback) -> str:
    return f"{Operation.OUTSIDE}:{taken.reference}"[:120]


def bear(order: Order, taken: Chargeback, *, cents: int, provider: str) -> None:
    """More was taken back than was still in escrow: nobody else owes the rest."""
    ledger.lost(order, _source(order, taken), cents=cents, provider=provider)


def _remember(order: Order, taken: Chargeback) -> None:
    facts = {"reference": taken.reference, "cents": taken.amount_cents, "currency": taken.currency}
    if not order.events.filter(step=Note.CHARGE_BACK, facts__reference=taken.reference).exists():
        note(order, Note.CHARGE_BACK, by=SYSTEM, facts=facts)


def _source(order: Order, taken: Chargeback) -> str:
    return f"o{order.pk}:chargeback:{taken.reference}"


def _is_paid_out(order: Order) -> bool:
    """Or about to be: a payout that is refused after all then pays the debt out of this very order's escrow.

    At another end nothing is left of it either: what the seller got is owed, and we bear the rest.
    """
    if order.state == State.SETTLING:
        return order.operations.filter(kind=Operation.Kind.TRANSFER).exists()
    return order.is_over
