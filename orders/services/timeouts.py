"""What the clock does when nobody else does anything."""

from __future__ import annotations

from orders.lifecycle import TIMEOUTS, Party, State, Step
from orders.models import Dispute, Order
from orders.services import deadlines, ending
from orders.services.disputes.escalating import has_answered
from orders.services.moving import SYSTEM, move
from orders.services.settling import advance

Proof = Order.Proof


@deadlines.rings(deadlines.TIMEOUT)
def time_is_up(order: Order) -> None:
    """`order` is locked, and where it was when the deadline was set."""
    step = TIMEOUTS[State(order.state)]
    if step != Step.D_TIMEOUT:
        ending.call_off(order, step, by=SYSTEM)
        return
    release = order.total_cents if seller_is_right_by_default(order) else 0
    move(order, step, by=SYSTEM, release_cents=release, is_sale=release > 0 or _is_gift_kept(order))
    advance(order)


def seller_is_right_by_default(order: Order) -> bool:
    """The printed rule for a dispute that nobody has decided in time.

    Nothing handed over: the buyer gets everything back. Proven by the buyer's code, or seen by an operator: the seller
    is paid. Only claimed: the seller is paid if it was they who asked for a decision, and the buyer never answered.
    """
    match order.proof:
        case Proof.BUYER_CODE | Proof.OPERATOR:
            return True
        case Proof.SELLER_CLAIM:
            asked = Dispute.objects.filter(order=order, raised_by=Party.SELLER)  # also through an operator
            return asked.exists() and not has_answered(order, Party.BUYER)
    return False


def _is_gift_kept(order: Order) -> bool:
    return not order.total_cents and seller_is_right_by_default(order)
