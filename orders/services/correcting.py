"""The provider did something else than was asked: an operator has the books say what really happened, and why.

Lifting a quarantine alone does not help there: the next answer is the same, and stops the order again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from marketplace.common import audit
from marketplace.common.errors import Conflict
from orders.lifecycle import Note, State, Step
from orders.models import Operation, Order
from orders.providers.base import Succeeded
from orders.providers.registry import provider
from orders.services import answers, charging_back, coming_back, deadlines
from orders.services.moving import By, move, note
from orders.services.operating import NothingToLookAt, lock_as_operator
from orders.services.operations import request_for
from orders.services.settling import Funds

Kind = Operation.Kind
CORRECTED = (Kind.AUTHORIZE, Kind.CAPTURE, Kind.REFUND)  # what was sent to a seller is mended at the provider


class NothingDiffers(Conflict):
    code = "nothing_differs"
    detail = "The provider did what it was asked, or says nothing yet: lifting the quarantine is enough"


class CannotBeBooked(Conflict):
    code = "cannot_be_booked"
    detail = "This has to be mended at the provider first: it is in another currency, or more than there is"


class CallOffFirst(Conflict):
    code = "call_off_first"
    detail = "Less was taken than was agreed: call the order off first, so that it goes back"


def may_be_corrected(operation: Operation) -> bool:
    is_stopped = operation.order.quarantined_at is not None
    return is_stopped and operation.kind in CORRECTED and operation.state == Operation.State.UNKNOWN


def book_what_happened(actor: User, operation_id: UUID, *, reason: str) -> Order:
    """What the provider says now becomes what was moved; the order leaves its quarantine and goes on from there."""
    asked = Operation.objects.select_related("order").get(pk=operation_id)
    said = provider(asked.provider).fetch(request_for(asked))
    with transaction.atomic():
        order, by = lock_as_operator(actor, asked.order_id, reason)
        operation = order.operations.select_for_update().select_related("order").get(pk=operation_id)
        if not may_be_corrected(operation):
            raise NothingToLookAt
        if not isinstance(said, Succeeded) or not answers.is_something_else(operation, said):
            raise NothingDiffers
        _book(order, operation, said, by=by, reason=reason)
    return order


def _book(order: Order, operation: Operation, said: Succeeded, *, by: By, reason: str) -> None:
    _require_possible(order, operation, said)
    left = _what_is_left(order, operation, said)
    facts = {"operation": operation.key, "asked_cents": operation.amount_cents, "done_cents": said.amount_cents, **left}
    note(order, Note.BOOK, by=by, facts=facts, reason=reason, **_lifted(order), **left)
    operation.amount_cents = said.amount_cents
    operation.save(update_fields=["amount_cents"])
    if operation.kind == Kind.AUTHORIZE and order.state == State.PAYING:
        move(order, Step.ABANDON_PAYING, by=by, reason=reason)  # nobody agreed to pay this sum: it is let go
    order.operations.filter(due_at__isnull=False).update(due_at=Now())
    answers.conclude(order, operation, said)
    audit.record("order.booked_what_happened", order, actor=by.user, reason=reason, data=facts)


def _lifted(order: Order) -> dict[str, Any]:
    """It goes on, unless the buyer's bank has taken the money back as well, or they are owed what came back."""
    if charging_back.unbooked(order) or coming_back.owed(order):
        return {}
    deadlines.put_off(order)
    return {"quarantined_at": None, "needs_attention": ""}


def _require_possible(order: Order, operation: Operation, said: Succeeded) -> None:
    if said.currency != operation.currency or _in_escrow_after(order, operation, said) < 0:
        raise CannotBeBooked
    is_short = operation.kind == Kind.CAPTURE and said.amount_cents < order.total_cents
    if is_short and order.state != State.SETTLING:
        raise CallOffFirst


def _in_escrow_after(order: Order, operation: Operation, said: Succeeded) -> int:
    before = Funds.of(order.operations.all()).in_escrow
    match operation.kind:
        case Kind.CAPTURE:
            return before + said.amount_cents
        case Kind.REFUND:
            return before - said.amount_cents
    return before


def _what_is_left(order: Order, operation: Operation, said: Succeeded) -> dict[str, Any]:
    """The seller cannot get more than there is. What is too much goes back to the buyer by itself."""
    left = _in_escrow_after(order, operation, said)
    is_less = operation.kind != Kind.AUTHORIZE and left < (order.release_cents or 0)
    return {"release_cents": left} if is_less else {}
