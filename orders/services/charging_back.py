"""The buyer's bank took the money back: the books say so, and the seller's next payouts make it good."""

from __future__ import annotations

from orders import ledger
from orders.lifecycle import State
from orders.models import Operation, Order
from orders.providers.base import Chargeback
from orders.services.answers import call_for_attention, quarantine


def charge_back(order: Order, payment: Operation, taken: Chargeback) -> str:
    """`order` is locked. Told again, it is booked once."""
    why = f"charged back: {taken.amount_cents} {taken.currency}"
    if not _is_paid_out(order) or taken.currency != order.currency:
        # Before the payout the money is missing in escrow: whatever happens next must be decided by somebody
        quarantine(order, why)
        return "quarantined"
    source = f"o{order.pk}:chargeback:{taken.reference}"
    if ledger.charged_back(order, source, cents=taken.amount_cents, provider=payment.provider):
        call_for_attention(order, why)
    return "charged back"


def _is_paid_out(order: Order) -> bool:
    """Or about to be: a payout that is refused after all then pays the debt out of this very order's escrow."""
    if order.state == State.SETTLING:
        return order.operations.filter(kind=Operation.Kind.TRANSFER).exists()
    return order.state == State.COMPLETED
