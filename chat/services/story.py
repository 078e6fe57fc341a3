"""What the product itself says in the chat of an order or an offer, by the `kind` in the facts of a message."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.notices.letters import language_of
from chat.models import Message
from chat.services import log, telling
from orders.models import OrderEvent

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


@transaction.atomic
def tell(room_id: UUID, buyer: User, order_id: UUID, *, version: int) -> None:
    """Up to this step of the order: what led to it is told before it, also where it was heard of later.

    In the buyer's language, for who shows it as it is; programs say it from `data` in their own.
    """
    log.lock(room_id)
    for step in _untold(room_id, order_id, version).select_related("order"):
        kind = f"order.{step.step}"
        facts = {
            "kind": kind,
            "order_id": str(order_id),
            "listing_id": str(step.order.listing_id),
            "status": step.to_status,
            "party": step.party,
            "version": step.version,
        }
        with language_of(buyer):
            telling.say(room_id, str(STORY[kind]), data=facts)


def _untold(room_id: UUID, order_id: UUID, version: int) -> QuerySet[OrderEvent]:
    about = {"kind": Message.Kind.SYSTEM, "data__order_id": str(order_id), "data__kind__in": list(STORY)}
    told: dict[str, Any] | None = (
        Message.objects.filter(room=room_id, **about).order_by("-seq").values_list("data", flat=True).first()
    )
    after = 0 if told is None else told.get("version", version - 1)  # of old its number was not kept
    steps = [kind.removeprefix("order.") for kind in STORY]
    return OrderEvent.objects.filter(order=order_id, version__gt=after, version__lte=version, step__in=steps)
