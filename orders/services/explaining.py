"""An order in words: who must act, until when, and what becomes of the money if nobody does. Read from the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import ledger
from orders.lifecycle import TRANSITIONS, Party, State, Step
from orders.models import Delivery, Order
from orders.services import coming_back, deadlines
from orders.services.settling import Funds

_NOW: dict[str, str | Promise] = {
    State.CREATED: gettext_lazy("The pieces are held for the buyer, who has not paid yet."),
    State.ARRANGED: gettext_lazy("The pieces are held. A courier brings them and is paid at the door."),
    State.PAYING: gettext_lazy("The payment is on its way."),
    State.FUNDED: gettext_lazy("Paid. The money is kept until the buyer has the thing; the seller must accept."),
    State.ACCEPTED: gettext_lazy("Accepted. The seller must hand it over."),
    State.HANDED_OVER: gettext_lazy("Handed over. The buyer must say that all is well, or open a dispute."),
    State.DISPUTED: gettext_lazy("In dispute. The two can agree at any time; else an operator decides."),
    State.SETTLING: gettext_lazy("It is decided, and the money is moving."),
    State.COMPLETED: gettext_lazy("Done. The buyer keeps it."),
    State.REFUNDED: gettext_lazy("Called off. The buyer has the money back."),
    State.CANCELLED: gettext_lazy("Called off before anything was paid."),
    State.EXPIRED: gettext_lazy("Not paid in time."),
}
_OTHERWISE: dict[str, str | Promise] = {
    State.CREATED: gettext_lazy("The order expires and the pieces are free again. No money has moved."),
    State.ARRANGED: gettext_lazy("The order expires and the pieces are free again. No money has moved."),
    State.PAYING: gettext_lazy("The payment is given up, and whatever was held goes back to the buyer."),
    State.FUNDED: gettext_lazy("The order is called off and the buyer gets everything back."),
    State.ACCEPTED: gettext_lazy("The order is called off and the buyer gets everything back."),
    State.HANDED_OVER: gettext_lazy("The seller is paid."),
    State.DISPUTED: gettext_lazy(
        "Without a hand-over the buyer gets everything back. One proven by the buyer's code pays the seller. One that"
        " only the seller claims pays them if they asked for a decision and the buyer never answered."
    ),
}
_NOT_BROUGHT = gettext_lazy("Nobody has brought it in time.")
_STANDS_STILL = gettext_lazy("It stands still until an operator has looked.")
_SETTLES = gettext_lazy("Nobody has to do anything more.")


@dataclass(frozen=True)
class Explanation:
    state: str
    status: str
    waits_for: list[str]
    allowed: list[str]
    until: datetime | None
    if_nobody_acts: str
    money: str
    text: str


def explain(order: Order, viewer: Any) -> Explanation:
    party = order.party(viewer)
    if order.quarantined_at is not None and not order.is_over:
        return _under_review(order, party)
    due = order.deadlines.filter(kind=deadlines.TIMEOUT).values_list("due_at", flat=True).first()
    return Explanation(
        state=order.state,
        status=order.status,
        waits_for=_who_can_act(order),
        allowed=[step.value for step in order.steps_for(party)] if party is not None else [],
        until=due,
        if_nobody_acts=str(_OTHERWISE.get(order.state, _SETTLES)),
        money=_money(order, party),
        text=str(_NOT_BROUGHT if order.state == State.EXPIRED and _is_delivery(order) else _NOW[order.state]),
    )


def _under_review(order: Order, party: Party | None) -> Explanation:
    return Explanation(
        state=order.state,
        status=order.status,
        waits_for=[Party.OPERATOR.value],
        allowed=[step.value for step in order.steps_for(party)] if party == Party.OPERATOR else [],
        until=None,
        if_nobody_acts=str(_STANDS_STILL),
        money=_money(order, party),
        text=str(_NOW[order.state]),
    )


# Ways out that are always open to somebody, and not what an order waits for
_WAYS_OUT = frozenset(
    {
        Step.CANCEL_UNPAID,
        Step.GIVE_UP,
        Step.ABANDON_PAYING,
        Step.DECLINE,
        Step.BUYER_CANCEL,
        Step.SELLER_REFUND,
        Step.DISPUTE,
    }
)


def _who_can_act(order: Order) -> list[str]:
    awaited = [each for step, each in TRANSITIONS.items() if order.state in each.sources and step not in _WAYS_OUT]
    people = {party for each in awaited for party in each.parties} - {Party.SYSTEM}
    if order.state == State.ACCEPTED:
        people = {Party.SELLER, Party.BUYER}
    if order.state == State.FUNDED:
        people = {Party.SELLER}
    return sorted(people)


def _is_delivery(order: Order) -> bool:
    return Delivery.objects.filter(order=order).exists()


def _money(order: Order, party: Party | None) -> str:
    said = [_where_it_went(order, party)]
    if coming_back.owed(order):
        said.append(_("A refund did not arrive, and is still owed to the buyer."))
    if party != Party.BUYER and order.is_over and ledger.overpaid_by_seller(order):
        said.append(_("The seller has paid for this from later sales, did not owe it, and gets it back."))
    return " ".join(said)


def _where_it_went(order: Order, party: Party | None) -> str:
    if order.state == State.COMPLETED and _is_delivery(order):
        return _("Paid at the door. It never came through us.")
    funds = Funds.of(order.operations.all())
    if order.state == State.COMPLETED and not order.release_cents:
        return _("Back with the buyer.") if order.total_cents else _("There was nothing to pay.")
    if order.release_cents:
        return " ".join([_sellers_part(order, funds, party), *_the_rest(order, funds)])
    if funds.refunded or (order.is_over and not order.is_sale):
        return (
            _("Back with the buyer.") if funds.refunded or order.state == State.REFUNDED else _("Never left the buyer.")
        )
    return _on_its_way(funds)


def _on_its_way(funds: Funds) -> str:
    if funds.captured:
        return _("In escrow.")
    return _("Held on the buyer's side.") if funds.held else _("With the buyer.")


def _sellers_part(order: Order, funds: Funds, party: Party | None) -> str:
    """That the seller owes is not for the buyer to know: what paid a debt was paid to the seller."""
    owed = order.withheld_cents if party != Party.BUYER else 0
    if funds.transferred:
        return _("Paid to the seller, less what they owed from earlier sales.") if owed else _("Paid to the seller.")
    if order.state != State.COMPLETED:
        return _on_its_way(funds)
    if owed:
        return _("Kept for what the seller owed from earlier sales.")
    return _("Paid to the seller.") if order.withheld_cents else _("All of it went into the fee.")


def _the_rest(order: Order, funds: Funds) -> list[str]:
    """Of a split, once the provider has let it go, or given it back."""
    release = order.release_cents or 0
    is_back = release < order.total_cents and funds.captured and funds.in_escrow <= release
    return [_("The rest is back with the buyer.")] if is_back else []
