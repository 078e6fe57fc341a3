"""What an answer of the provider means: for the operation, the books, the order and what is asked next. One commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from marketplace.common.queue import Claim, RowQueue
from orders import ledger
from orders.lifecycle import State, Step
from orders.models import Operation, Order
from orders.providers.base import ALREADY_CAPTURED, NO_HOLD, Failed, Pending, Succeeded
from orders.services import accepting, deadlines, settling
from orders.services.asking import ask
from orders.services.moving import SYSTEM, lock, move
from orders.services.settling import Funds

log = structlog.get_logger(__name__)

ATTENTION_AFTER = timedelta(hours=6)
LOOK_AGAIN_AFTER = timedelta(hours=1)  # at what is quarantined
SECURE = "secure"
SECURE_BEFORE = timedelta(hours=24)
SECURE_AGAIN_AFTER = timedelta(minutes=10)
Kind = Operation.Kind


@transaction.atomic
def write(queue: RowQueue, claim: Claim, operation: Operation, answer: Succeeded | Failed) -> None:
    """The order first, then the operation, if it is still ours: a late worker changes nothing."""
    order = lock(operation.order_id)
    held = queue.still_ours(claim).select_for_update(of=("self",)).first()
    if held is not None:
        take_in(order, held, answer)


def take_in(order: Order, held: Operation, answer: Succeeded | Failed) -> None:
    """`order` and `held` are locked, and `held` is open."""
    if isinstance(answer, Succeeded) and is_something_else(held, answer):
        quarantine(order, f"{held.kind}: asked {held.amount_cents}, done {answer.amount_cents} {answer.currency}")
    if order.quarantined_at is not None:
        held.state, held.due_at = Operation.State.UNKNOWN, timezone.now() + LOOK_AGAIN_AFTER
        held.save(update_fields=["state", "due_at"])
        return
    conclude(order, held, answer)


def conclude(order: Order, operation: Operation, answer: Succeeded | Failed) -> None:
    """`order` and `operation` are locked."""
    was_over = order.is_over
    _close(operation, answer)
    if isinstance(answer, Succeeded):
        _SUCCEEDED[operation.kind](order, operation, answer)
    else:
        _FAILED[operation.kind](order, operation, answer)
    settling.advance(order)
    if was_over:  # else whoever hears of the end does it: nothing may be asked for in the commit that ends an order
        let_go_of_what_came_late(order)


def late_success(order: Order, operation: Operation, answer: Succeeded) -> None:
    """A payment that was over, as far as the provider had said, has succeeded after all. Both are locked.

    When the order is done with, the money is let go of, under the name the provider gave it. Before that nobody here
    can know whether it is meant to be paid so, or in another way.
    """
    call_for_attention(order, f"a payment that had failed has succeeded: {operation.failure}")
    operation.failure = f"{Operation.CAME_LATE}{operation.failure}"[:120]
    operation.provider_ref = answer.reference
    operation.save(update_fields=["failure", "provider_ref"])
    if order.is_over:
        let_go_of_what_came_late(order)
    else:
        quarantine(order, "a payment that had failed has succeeded")


def let_go_of_what_came_late(order: Order) -> None:
    """`order` is locked, and over. One after the other: the answer to each leads to the next."""
    if order.operations.filter(due_at__isnull=False).exists():
        return
    payments = order.operations.filter(kind=Kind.AUTHORIZE, state=Operation.State.FAILED).order_by("seq")
    late = next((each for each in payments if each.has_come_late), None)
    if late is None:
        return
    late.failure = late.failure.replace(Operation.CAME_LATE, Operation.LET_GO, 1)[:120]
    late.save(update_fields=["failure"])
    void = ask(order, Kind.VOID, amount_cents=late.amount_cents)
    Operation.objects.filter(pk=void.pk).update(provider_ref=late.provider_ref)


def wait_for_buyer(
    queue: RowQueue, claim: Claim, operation: Operation, answer: Pending, *, look_again: timedelta
) -> None:
    """The wait may be for something that is not wanted any more: then it is let go, not waited for."""
    with transaction.atomic():
        order = lock(operation.order_id)
        is_noted = queue.still_ours(claim).update(
            state=Operation.State.SENT,
            next_action=answer.next_action or {},
            provider_ref=answer.reference or operation.provider_ref,
            due_at=Now() + look_again,
        )
        if is_noted:
            settling.advance(order)


def quarantine(order: Order, why: str) -> None:
    """Nothing of this order moves until somebody has looked: the books and the provider do not say the same."""
    log.error("order_quarantined", order=str(order.pk), why=why)
    since = Coalesce("quarantined_at", Now())  # once more is no later: its deadlines are put off by all of that time
    Order.objects.filter(pk=order.pk).update(quarantined_at=since, needs_attention=why[:200])
    order.quarantined_at = order.quarantined_at or timezone.now()


def call_for_attention_if_old(operation: Operation) -> None:
    """Not knowing never turns into failure by age; it turns into somebody's work."""
    old = Operation.objects.filter(pk=operation.pk, created_at__lt=Now() - ATTENTION_AFTER, due_at__isnull=False)
    if old.exists():
        log.error("operation_needs_attention", operation=str(operation.pk), order=str(operation.order_id))
        Order.objects.filter(pk=operation.order_id, needs_attention="").update(
            needs_attention=f"{operation.kind} without an answer for hours"
        )


def is_something_else(operation: Operation, answer: Succeeded) -> bool:
    return (answer.amount_cents, answer.currency) != (operation.amount_cents, operation.currency)


def _close(operation: Operation, answer: Succeeded | Failed) -> None:
    succeeded = isinstance(answer, Succeeded)
    operation.state = Operation.State.SUCCEEDED if succeeded else Operation.State.FAILED
    operation.provider_ref = answer.reference if isinstance(answer, Succeeded) else operation.provider_ref
    operation.failure = answer.code[:120] if isinstance(answer, Failed) else ""
    operation.due_at, operation.done_at, operation.next_action = None, timezone.now(), None
    operation.save(update_fields=["state", "provider_ref", "failure", "due_at", "done_at", "next_action"])


# ── Succeeded ────────────────────────────────────────────────────────────────────────────────────


def _authorized(order: Order, operation: Operation, answer: Succeeded) -> None:
    ledger.authorized(order, operation.key, operation.amount_cents)
    if order.operations.filter(kind=Kind.VOID, state=Operation.State.SUCCEEDED).exists():
        # Let go before we knew that we had it. Did that let go of this, or did the two cross? Asked again, we know.
        ask(order, Kind.VOID, amount_cents=operation.amount_cents)
        return
    if order.state == State.PAYING:  # else it was given up meanwhile, and settling lets it go
        move(order, Step.AUTH_OK, by=SYSTEM)
        accepting.accept_at_once(order)
    if answer.expires_at is not None and not order.is_over:
        deadlines.add(order, SECURE, due_at=answer.expires_at - SECURE_BEFORE, whatever_happens=True)


def _voided(order: Order, operation: Operation, answer: Succeeded) -> None:
    held = ledger.held(order)
    if held:  # nothing, where it was let go of before we knew that we had it
        ledger.voided(order, operation.key, held)
    payments = order.operations.filter(kind=Kind.AUTHORIZE)
    payments.filter(due_at__isnull=False).update(due_at=Now())  # what became of one that waited for the buyer?


def _captured(order: Order, operation: Operation, answer: Succeeded) -> None:
    held = Funds.of(order.operations.filter(kind=Kind.AUTHORIZE)).held
    ledger.captured(order, operation.key, held=held, cents=operation.amount_cents, provider=operation.provider)


def _refunded(order: Order, operation: Operation, answer: Succeeded) -> None:
    ledger.refunded(order, operation.key, operation.amount_cents, operation.provider)


def _transferred(order: Order, operation: Operation, answer: Succeeded) -> None:
    fee = order.fee.of(order.release_cents or 0)
    ledger.paid_out(order, operation.key, cents=operation.amount_cents, fee_cents=fee, provider=operation.provider)


_SUCCEEDED: dict[str, Callable[[Order, Operation, Succeeded], None]] = {
    Kind.AUTHORIZE: _authorized,
    Kind.VOID: _voided,
    Kind.CAPTURE: _captured,
    Kind.REFUND: _refunded,
    Kind.TRANSFER: _transferred,
}


# ── Failed ───────────────────────────────────────────────────────────────────────────────────────


def _not_authorized(order: Order, operation: Operation, answer: Failed) -> None:
    """The piece stays held until the order's own deadline: another card, another try."""
    if order.state == State.PAYING:
        move(order, Step.AUTH_FAILED, by=SYSTEM, facts={"code": answer.code})


def _not_captured(order: Order, operation: Operation, answer: Failed) -> None:
    """Only a hold that is said to be gone is gone. Any other may still be there, or taken by somebody else."""
    if answer.code == NO_HOLD:
        _lose_hold(order, answer.code)
        return
    stop = call_for_attention if answer.can_try_again else quarantine
    stop(order, f"capture was refused: {answer.code}")
    if order.state != State.SETTLING:
        deadlines.add(order, SECURE, due_at=Now() + SECURE_AGAIN_AFTER, whatever_happens=True)


def _lose_hold(order: Order, code: str) -> None:
    """The buyer has their money: the hold ran out. That is noted as what it is, and an operator must know."""
    held = Funds.of(order.operations.all()).held
    if held:
        lapsed = ask(order, Kind.VOID, amount_cents=held)
        _close(lapsed, Succeeded("lapsed", held, order.currency))
        ledger.voided(order, lapsed.key, held)
    call_for_attention(order, f"the hold was gone when it was to be used: {code}")
    if order.state == State.SETTLING:
        Order.objects.filter(pk=order.pk).update(release_cents=0, is_sale=False)
        order.release_cents, order.is_sale = 0, False
    elif not order.is_over:
        move(order, Step.HOLD_LOST, by=SYSTEM, facts={"code": code})


def _not_voided(order: Order, operation: Operation, answer: Failed) -> None:
    """A hold that cannot be let go was used, by somebody over there. Asked to take it, the provider says how much that
    was, and from there on it can be given back like any other.
    """
    funds = Funds.of(order.operations.all())
    if answer.code == ALREADY_CAPTURED and order.state == State.SETTLING and not funds.captured:
        call_for_attention(order, f"void was refused: {answer.code}")
        ask(order, Kind.CAPTURE, amount_cents=funds.held)
        return
    stop = call_for_attention if answer.can_try_again else quarantine
    stop(order, f"void was refused: {answer.code}")


def _refused(order: Order, operation: Operation, answer: Failed) -> None:
    """A refund or transfer is asked for again later, under the next key, until it is done."""
    if answer.code == Operation.WITHDRAWN:  # by us, since it is done already
        return
    call_for_attention(order, f"{operation.kind} was refused: {answer.code}")


def call_for_attention(order: Order, why: str) -> None:
    log.warning("order_needs_attention", order=str(order.pk), why=why)
    Order.objects.filter(pk=order.pk).update(needs_attention=why[:200])
    order.needs_attention = why[:200]


_FAILED: dict[str, Callable[[Order, Operation, Failed], None]] = {
    Kind.AUTHORIZE: _not_authorized,
    Kind.CAPTURE: _not_captured,
    Kind.VOID: _not_voided,
    Kind.REFUND: _refused,
    Kind.TRANSFER: _refused,
}
