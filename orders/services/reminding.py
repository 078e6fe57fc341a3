"""At half time of the inspection the buyer is reminded: when it is over, the seller is paid."""

from __future__ import annotations

from marketplace.common import outbox
from orders.models import Order
from orders.services import deadlines

REMINDED = "order.reminder"


@deadlines.rings(deadlines.REMINDER)
def remind(order: Order) -> None:
    """`order` is locked, and where it was when the deadline was set."""
    outbox.publish(REMINDED, order_id=str(order.pk))
