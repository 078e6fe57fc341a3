"""What operators do to orders, each with a reason that is kept. A worker moves the money after the commit.

Nobody decides about an order of their own: who is a party is a party here, too, whatever else they may do.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from marketplace.common import audit
from marketplace.common.errors import Conflict, DomainError
from orders import ledger
from orders.lifecycle import Party, Step
from orders.models import Operation, Order
from orders.services import answers, asking, charging_back, coming_back, deadlines, ending, handing_over, settling
from orders.services.answering_for import require_reason
from orders.services.disputes import opening
from orders.services.errors import NotYourStep, StepRefused
from orders.services.moving import By, lock_for, move

# Ways to call an order off, the first that the table allows an operator is the one
CALLS_OFF = (Step.CANCEL_UNPAID, Step.ABANDON_PAYING, Step.BUYER_CANCEL, Step.DECLINE, Step.SELLER_REFUND)
REST = (Operation.State.READY, Operation.State.UNKNOWN)  # nobody is asking at this moment


class NotThatMuch(DomainError):
    code = "release_out_of_range"
    detail = "The seller can get nothing, all that was paid, or something between that there are coins for"


class NothingToLookAt(Conflict):
    code = "nothing_to_look_at"
    detail = "It is over, or somebody is asking the provider at this moment"


class SettleFirst(Conflict):
    code = "settle_first"
    detail = "The buyer's bank has taken the money back: settle that outside first, or it would be paid out once more"


class StillOwed(Conflict):
    code = "still_owed"
    detail = "A refund came back: pay the buyer in another way, then settle it outside"


class SellerStillOwed(Conflict):
    code = "seller_still_owed"
    detail = "The seller has paid for what they do not owe: give it back to them, then say that they are paid outside"


class StillQuarantined(Conflict):
    code = "still_quarantined"
    detail = "Nothing moves while the order is quarantined; lift that first"


def way_off(order: Order) -> Step | None:
    """How an operator calls it off now, if they can."""
    allowed = order.steps_for(Party.OPERATOR)
    return next((step for step in CALLS_OFF if step in allowed), None)


@transaction.atomic
def resolve(actor: User, order_id: UUID, *, release_cents: int, reason: str, is_sale: bool | None = None) -> Order:
    """Decide a dispute: so much to the seller, the rest back. `is_sale`: does the buyer keep the thing?"""
    order, by = lock_as_operator(actor, order_id, reason)
    if not order.can_be_split_at(release_cents):
        raise NotThatMuch
    facts = {"release_cents": release_cents}
    move(order, Step.D_RESOLVE, by=by, release_cents=release_cents, is_sale=is_sale, reason=reason, facts=facts)
    settling.advance(order)
    _record("resolved", order, actor, reason, **facts)
    return order


@transaction.atomic
def call_off(actor: User, order_id: UUID, *, reason: str) -> Order:
    """What was paid goes back, the pieces are free again."""
    order, by = lock_as_operator(actor, order_id, reason)
    step = way_off(order)
    if step is None:
        raise StepRefused(order, by.party)
    ending.call_off(order, step, by=by, reason=reason)
    _record("called_off", order, actor, reason, step=step.value)
    return order


@transaction.atomic
def witness_hand_over(actor: User, order_id: UUID, *, reason: str) -> Order:
    """An operator knows that it has changed hands; the buyer's time to look at it begins."""
    order, by = lock_as_operator(actor, order_id, reason)
    handing_over.witness(order, by=by, reason=reason)
    _record("hand_over_witnessed", order, actor, reason)
    return order


@transaction.atomic
def open_dispute_for(actor: User, order_id: UUID, *, raised_by: Party, reason: str) -> Order:
    """One of the two has asked for it, in a way that the product does not know of: the money stays where it is."""
    order, by = lock_as_operator(actor, order_id, reason)
    opening.begin(order, by=by, raised_by=raised_by, reason=reason)
    _record("disputed", order, actor, reason, raised_by=raised_by.value)
    return order


@transaction.atomic
def quarantine(actor: User, order_id: UUID, *, reason: str) -> Order:
    order, _ = lock_as_operator(actor, order_id, reason)
    if order.quarantined_at is None:
        answers.quarantine(order, reason)
        _record("quarantined", order, actor, reason)
    return order


@transaction.atomic
def lift_quarantine(actor: User, order_id: UUID, *, reason: str) -> Order:
    """It goes on where it stood: what waits for an answer is looked at again at once."""
    order, _ = lock_as_operator(actor, order_id, reason)
    if order.quarantined_at is None:
        return order
    if not order.is_over and charging_back.unbooked(order):
        raise SettleFirst
    if coming_back.owed(order):
        raise StillOwed
    why = order.needs_attention
    deadlines.put_off(order)
    _note(order, quarantined_at=None, needs_attention="")
    order.operations.filter(state__in=REST).update(due_at=Now())
    settling.advance(order)
    asking.wake_up.after_commit()
    _record("quarantine_lifted", order, actor, reason, why_it_was=why)
    return order


@transaction.atomic
def clear_attention(actor: User, order_id: UUID, *, reason: str) -> Order:
    order, _ = lock_as_operator(actor, order_id, reason)
    if order.quarantined_at is not None:
        raise StillQuarantined
    if coming_back.owed(order):
        raise StillOwed
    if ledger.overpaid_by_seller(order):
        raise SellerStillOwed
    if order.needs_attention:
        why = order.needs_attention
        _note(order, needs_attention="")
        _record("attention_cleared", order, actor, reason, why_it_was=why)
    return order


@transaction.atomic
def look_again(actor: User, operation_id: UUID, *, reason: str) -> Operation:
    """Ask the provider now and not at the next turn. Under the same key, so nothing can happen twice."""
    order_id = Operation.objects.values_list("order_id", flat=True).get(pk=operation_id)
    order, _ = lock_as_operator(actor, order_id, reason)
    if order.quarantined_at is not None:
        raise StillQuarantined
    operation = order.operations.select_for_update().get(pk=operation_id)
    if operation.state not in REST:
        raise NothingToLookAt
    order.operations.filter(pk=operation_id).update(due_at=Now())
    asking.wake_up.after_commit()
    audit.record("operation.looked_at_again", operation, actor=actor, reason=reason, data={"order": str(order_id)})
    return operation


def lock_as_operator(actor: User, order_id: UUID, reason: str) -> tuple[Order, By]:
    order, by = lock_for(actor, order_id)
    if by.party != Party.OPERATOR:
        raise NotYourStep("Nobody decides about an order of their own")
    require_reason(by, reason)
    return order, by


def _note(order: Order, **changes: Any) -> None:
    Order.objects.filter(pk=order.pk).update(**changes)
    for name, value in changes.items():
        setattr(order, name, value)


def _record(what: str, order: Order, actor: User, reason: str, **data: Any) -> None:
    audit.record(f"order.{what}", order, actor=actor, reason=reason, data=data)
