"""What the product itself says in the chat of an order or an offer, by the `kind` in the facts of a message."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# the steps that the two parties talk about; what only moves money in between is not worth a line
STORY = {
    "order.create": _("Order placed. It is not paid yet."),
    "order.auth_ok": _("Paid. The money is held until the hand-over."),
    "order.auth_failed": _("The payment did not go through."),
    "order.accept": _("The seller has accepted the order."),
    "order.decline": _("The seller has declined the order. The money goes back."),
    "order.cancel_unpaid": _("The order was cancelled."),
    "order.expire_unpaid": _("The order has run out: it was not paid in time."),
    "order.buyer_cancel": _("The buyer has cancelled the order. The money goes back."),
    "order.accept_timeout": _("The order was not accepted in time. The money goes back."),
    "order.hand_over": _("Handed over, or on its way."),
    "order.handover_timeout": _("It was not handed over in time. The money goes back."),
    "order.confirm": _("The buyer has confirmed: all is well."),
    "order.inspect_timeout": _("The buyer's time to look at it is over. The seller is paid."),
    "order.seller_refund": _("The seller gives the money back."),
    "order.dispute": _("A dispute was opened. The money stays where it is."),
    "order.d_resolve": _("The dispute was decided."),
    "order.deliver": _("Delivered, and paid at the door."),
    "order.give_up": _("The courier cannot bring it. The order was cancelled."),
    "order.settled": _("The order is closed."),
}
OFFERS = {
    "offer.made": _("A price was offered."),
    "offer.countered": _("Another price was offered."),
    "offer.accepted": _("The price was accepted."),
    "offer.declined": _("The price was declined."),
    "offer.withdrawn": _("The offer was taken back."),
}
