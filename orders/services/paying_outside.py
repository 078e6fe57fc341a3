"""Somebody has paid the seller in another way: the provider would not, for want of an account perhaps.

Without this the order would never come to its end, and the money would lie in escrow for ever. At its end they may have
paid a debt out of later sales that turned out to be none: no payout is left to give it back with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from marketplace.common import audit
from marketplace.common.errors import Conflict
from orders import ledger
from orders.lifecycle import Note, State
from orders.models import Operation, Order
from orders.providers.base import Snapshot, Succeeded
from orders.services import answers, coming_back, settling
from orders.services.asking import ask
from orders.services.moving import By, note
from orders.services.operating import StillOwed, lock_as_operator
from orders.services.settling_outside import clear_the_way, what_became_of

Kind = Operation.Kind


class NothingToPay(Conflict):
    code = "nothing_to_pay"
    detail = "No payout of this order has been refused, and its seller has not paid for what they do not owe"


def may_be_paid_outside(order: Order) -> bool:
    if order.is_over:
        return bool(ledger.overpaid_by_seller(order))
    if order.state != State.SETTLING or order.quarantined_at is not None:
        return False
    refused = order.operations.filter(kind=Kind.TRANSFER, state=Operation.State.FAILED)
    return refused.exclude(failure=Operation.WITHDRAWN).exists()


def pay_outside(actor: User, order_id: UUID, *, reason: str) -> Order:
    """What the seller is due counts as sent to them."""
    said = what_became_of(order_id)
    with transaction.atomic():
        order, by = lock_as_operator(actor, order_id, reason)
        if not may_be_paid_outside(order):
            raise NothingToPay
        if coming_back.owed(order):
            raise StillOwed
        facts = _give_back(order) if order.is_over else _pay_what_is_due(order, said, by=by, reason=reason)
        audit.record("order.seller_paid_outside", order, actor=actor, reason=reason, data=facts)
    return order


def _give_back(order: Order) -> dict[str, Any]:
    cents = ledger.overpaid_by_seller(order, is_locked=True)
    if not cents:  # another debt has used it up meanwhile, or it was given back for another order
        raise NothingToPay
    ledger.seller_paid_back(order, ledger.fresh(order, f"o{order.pk}:seller_paid_back"), cents)
    return {"paid_back_cents": cents}


def _pay_what_is_due(order: Order, said: Mapping[UUID, Snapshot], *, by: By, reason: str) -> dict[str, Any]:
    """Less what they owe from earlier sales."""
    clear_the_way(order, said)
    needed = settling.due_now(order, settling.Funds.of(order.operations.all()))
    if order.is_over or needed is None or needed.kind != Kind.TRANSFER:
        raise NothingToPay
    payout = ask(order, Kind.TRANSFER, amount_cents=needed.cents)
    facts = {"operation": payout.key, "done_cents": needed.cents, "outside": Operation.OUTSIDE}
    note(order, Note.BOOK, by=by, facts=facts, reason=reason, needs_attention="")
    answers.conclude(order, payout, Succeeded(Operation.OUTSIDE, needed.cents, order.currency))
    return facts
