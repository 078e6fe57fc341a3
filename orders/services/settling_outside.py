"""The buyer has their money back, and not by our asking: through their bank, or by an operator's hand.

The provider will refuse to give it back once more, so without this the order would never come to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from marketplace.common import audit
from marketplace.common.errors import Conflict
from orders.lifecycle import Note, State, Step
from orders.models import Operation, Order
from orders.providers.base import Chargeback, Failed, NotSeen, Snapshot, Succeeded
from orders.providers.registry import provider
from orders.services import answers, charging_back, coming_back, settling
from orders.services.asking import ask
from orders.services.moving import By, move, note
from orders.services.operating import lock_as_operator, way_off
from orders.services.operations import MAY_STILL_ARRIVE, request_for
from orders.services.settling import Funds

Kind, Stage = Operation.Kind, Operation.State


class NothingToSettle(Conflict):
    code = "nothing_to_settle"
    detail = "Nothing of this order's money has to go back to the buyer"


class StillUnderWay(Conflict):
    code = "still_under_way"
    detail = "The provider may still be doing what it was asked, or did something else: look at its requests first"


def may_be_settled_outside(order: Order) -> bool:
    """While it is stopped, or the provider has refused to give the money back; or money came back after the end."""
    if coming_back.owed(order):
        return True
    done = order.operations.exclude(failure=Operation.WITHDRAWN)
    if order.is_over or not done.filter(kind=Kind.CAPTURE).exclude(state=Stage.FAILED).exists():
        return False
    is_refused = order.state == State.SETTLING and done.filter(kind=Kind.REFUND, state=Stage.FAILED).exists()
    return order.quarantined_at is not None or is_refused


def settle_outside(actor: User, order_id: UUID, *, reason: str) -> Order:
    """The order goes to its end as if the provider had been asked, and had done it."""
    said = what_became_of(order_id)
    with transaction.atomic():
        order, by = lock_as_operator(actor, order_id, reason)
        if not may_be_settled_outside(order):
            raise NothingToSettle
        if coming_back.owed(order):
            facts: dict[str, Any] = {"paid_cents": coming_back.pay_otherwise(order)}
        else:
            clear_the_way(order, said)
            facts = _settle(order, by=by, reason=reason)
        audit.record("order.settled_outside", order, actor=actor, reason=reason, data=facts)
    return order


def what_became_of(order_id: UUID) -> dict[UUID, Snapshot]:
    unanswered = Operation.objects.select_related("order").filter(order=order_id, state=Stage.UNKNOWN)
    return {each.pk: provider(each.provider).fetch(request_for(each)) for each in unanswered}


def clear_the_way(order: Order, said: Mapping[UUID, Snapshot]) -> None:
    """`order` is locked. What may have happened is found out first, what has not begun is not begun any more."""
    # All that is open, whatever its state: one that somebody is claiming just now is waited for, and is not READY then
    opened = list(order.operations.select_for_update().filter(due_at__isnull=False).order_by("created_at", "seq"))
    for operation in opened:
        if operation.state == Stage.READY:
            continue
        answer = said.get(operation.pk)
        if _is_never_seen(order, operation, answer):
            _withdraw(order, operation.pk)
        elif isinstance(answer, Succeeded | Failed) and not _is_something_else(operation, answer):
            answers.conclude(order, operation, answer)
        else:
            raise StillUnderWay
    for ready in order.operations.filter(state=Stage.READY):
        _withdraw(order, ready.pk)


def _is_never_seen(order: Order, operation: Operation, answer: Snapshot | None) -> bool:
    if order.quarantined_at is None or operation.state != Stage.UNKNOWN:
        return False
    return (
        isinstance(answer, NotSeen) and order.quarantined_at < timezone.now() - MAY_STILL_ARRIVE
    )  # nothing was sent since


def _is_something_else(operation: Operation, answer: Succeeded | Failed) -> bool:
    return isinstance(answer, Succeeded) and answers.is_something_else(operation, answer)


def _withdraw(order: Order, operation_id: UUID) -> None:
    changes = {"state": Stage.FAILED, "failure": Operation.WITHDRAWN, "due_at": None, "done_at": Now()}
    order.operations.filter(pk=operation_id).update(**changes)


def _settle(order: Order, *, by: By, reason: str) -> dict[str, Any]:
    if order.is_over:  # what had become unclear has ended it
        raise NothingToSettle
    waiting = charging_back.unbooked(order)
    taken = waiting[0] if waiting else None
    if order.state != State.SETTLING:
        _call_off(order, by=by, reason=reason)
    in_escrow = Funds.of(order.operations.all()).in_escrow
    cents = (
        in_escrow - (order.release_cents or 0) if taken is None else min(_amount(order, taken, in_escrow), in_escrow)
    )
    if taken is None and cents <= 0:
        raise NothingToSettle
    refund = ask(order, Kind.REFUND, amount_cents=cents) if cents else None
    way = charging_back.settled_by(taken) if taken else Operation.OUTSIDE
    facts = {"operation": refund.key if refund else "", "done_cents": cents, "outside": way}
    left = _left_for_the_seller(order, in_escrow - cents)
    # Stopped for as long as another one waits: what the bank has taken must not be given back by us as well
    lifted = {"quarantined_at": None, "needs_attention": ""} if len(waiting) <= 1 else {}
    note(order, Note.BOOK, by=by, facts=facts | left, reason=reason, **lifted, **left)
    if taken is not None:
        _bear_the_rest(order, taken, cents=_amount(order, taken, in_escrow) - cents)
    if refund is not None:
        answers.conclude(order, refund, Succeeded(way, cents, order.currency))
    else:
        settling.advance(order)
    return facts


def _call_off(order: Order, *, by: By, reason: str) -> None:
    if order.state == State.DISPUTED:
        move(order, Step.D_RESOLVE, by=by, release_cents=0, reason=reason, facts={"release_cents": 0})
        return
    step = way_off(order)
    if step is None:
        raise NothingToSettle
    move(order, step, by=by, reason=reason)


def _amount(order: Order, taken: Chargeback, in_escrow: int) -> int:
    """What is in another currency cannot be counted: it is all that there is."""
    return taken.amount_cents if taken.currency == order.currency else in_escrow


def _left_for_the_seller(order: Order, left: int) -> dict[str, Any]:
    if left >= (order.release_cents or 0):
        return {}
    return {"release_cents": left, "is_sale": bool(order.is_sale) and left > 0}


def _bear_the_rest(order: Order, taken: Chargeback, *, cents: int) -> None:
    if cents > 0:
        asked = order.operations.filter(kind=Kind.CAPTURE).latest("created_at")
        charging_back.bear(order, taken, cents=cents, provider=asked.provider)
