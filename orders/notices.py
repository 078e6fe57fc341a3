"""What `orders` has to tell people. Who hears which of them, and when, is in `listeners.py`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.notices import Channel, Kind, register

WITH_LETTER = frozenset(Channel)  # where money moves, or somebody must do something in time
ALWAYS = frozenset({Channel.IN_APP})

ORDERED = Kind(
    name="order.ordered",
    label=_("Somebody orders from you"),
    title=_("New order: {title}"),
    body=_("{pieces} for {total}. The pieces are held; it is not paid yet."),
)
PAID = Kind(
    name="order.paid",
    label=_("Your sale has been paid"),
    title=_("Paid, please accept: {title}"),
    body=_("{total} are held for you. If you do not accept in time, the order is called off and the money goes back."),
    channels=WITH_LETTER,
)
SOLD = Kind(
    name="order.sold",
    label=_("Your sale has been paid, and accepted for you"),
    title=_("Sold: {title}"),
    body=_("{total} are held for you. Hand it over; if nobody does in time, the money goes back."),
    channels=WITH_LETTER,
)
PAYMENT_FAILED = Kind(
    name="order.payment_failed",
    label=_("Your payment has failed"),
    title=_("The payment did not go through: {title}"),
    body=_("The pieces are still held for a while. You can try again, also in another way."),
)
ACCEPTED = Kind(
    name="order.accepted",
    label=_("Your order is accepted"),
    title=_("Accepted: {title}"),
    body=_("Arrange with the seller where and when to meet."),
)
DECLINED = Kind(
    name="order.declined",
    label=_("Your order is declined"),
    title=_("Declined: {title}"),
    body=_("It will not be handed over. What you paid is on its way back."),
)
HANDED_OVER = Kind(
    name="order.handed_over",
    label=_("Your order is handed over or on its way"),
    title=_("Handed over, or on its way: {title}"),
    body=_(
        "Look at it. If all is well, say so; if not, open a dispute. If you say nothing in time, the seller is paid."
    ),
)
REMINDER = Kind(
    name="order.reminder",
    label=_("Your time to look at what you bought is half over"),
    title=_("Is everything in order with {title}?"),
    body=_("Half of the time is over. If you neither confirm nor open a dispute, the seller is paid."),
)
PAID_OUT = Kind(
    name="order.paid_out",
    label=_("You have been paid"),
    title=_("You have been paid for {title}"),
    body=_("{share} are on their way to you."),
    channels=WITH_LETTER,
)
PAID_OUT_LESS = Kind(
    name="order.paid_out_less",
    label=_("You have been paid, less what you owed"),
    title=_("You have been paid for {title}"),
    body=_("{share} are on their way to you. {withheld} were kept for what you owed from earlier sales."),
    channels=WITH_LETTER,
)
NOTHING_LEFT = Kind(
    name="order.nothing_left",
    label=_("A sale is over, and nothing of it is left to send"),
    title=_("Sold: {title}"),
    body=_("Of {released}, {fee} are the fee and {withheld} were kept for what you owed from earlier sales."),
    channels=WITH_LETTER,
)
REFUNDED = Kind(
    name="order.refunded",
    label=_("You have your money back"),
    title=_("Called off: {title}"),
    body=_("{total} are back with you. Your bank may take some days to show it."),
    channels=WITH_LETTER,
)
CALLED_OFF = Kind(
    name="order.called_off",
    label=_("An order is called off"),
    title=_("Called off: {title}"),
    body=_("The order is over, and the pieces are free again."),
)
EXPIRED = Kind(
    name="order.expired",
    label=_("An order has expired"),
    title=_("Not paid in time: {title}"),
    body=_("The order is over, and the pieces are free again."),
)
NOT_BROUGHT = Kind(
    name="order.not_brought",
    label=_("Nobody has brought an order in time"),
    title=_("Not brought in time: {title}"),
    body=_("The order is over, and the pieces are free again."),
)
DISPUTED = Kind(
    name="order.disputed",
    label=_("A dispute about an order"),
    title=_("A dispute about {title}"),
    body=_("The money stays where it is. Agree with the other side, or an operator decides."),
    channels=WITH_LETTER,
    mandatory=ALWAYS,
)
DECIDED = Kind(
    name="order.decided",
    label=_("A dispute is decided"),
    title=_("Decided: {title}"),
    body=_("{released} are for the seller, before the fee; {returned} go back to the buyer."),
    channels=WITH_LETTER,
    mandatory=ALWAYS,
)

register(ORDERED, PAID, SOLD, PAYMENT_FAILED, ACCEPTED, DECLINED, HANDED_OVER, REMINDER)
register(PAID_OUT, PAID_OUT_LESS, NOTHING_LEFT, REFUNDED, CALLED_OFF, EXPIRED, NOT_BROUGHT, DISPUTED, DECIDED)
