"""Asking the provider, and writing down what it said: the only place that does.

Claim and commit; ask with no transaction open; write the answer, what it means for the books and for the order in one
commit. A worker that comes back late finds that its claim is no longer its own. Whoever claims something that somebody
may have sent before asks the provider first what became of it.
"""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from marketplace.common.queue import Claim, RowQueue
from orders.models import Operation, SellerTerms
from orders.providers.base import Failed, NotSeen, Pending, Request, Result, Snapshot, Succeeded, Unknown
from orders.providers.registry import provider
from orders.services import answers
from orders.services.asking import wake_up

__all__ = ["drive", "is_anything_due", "request_for", "wake_up", "work_off_due"]

log = structlog.get_logger(__name__)

LEASE_SECONDS = 30
FIRST_RETRY_SECONDS = 1
SLOWEST_RETRY_SECONDS = 300
MAY_STILL_ARRIVE = timedelta(hours=1)
LOOK_AGAIN_SECONDS = 15  # at what waits for the buyer
A_MOMENT = 0.05

queue = RowQueue(Operation, lease_seconds=LEASE_SECONDS, claimed_state=Operation.State.SENT)


def is_anything_due() -> bool:
    return queue.is_anything_due()


def work_off_due(*, limit: int = 1_000, for_seconds: float = 20.0) -> int:
    """How many were tried."""
    return sum(_work(claim) for claim in queue.claims(limit=limit, for_seconds=for_seconds))


def drive(order_id: UUID, *, seconds: float = 3.0) -> None:
    """All that is due for one order, now and in here; for what a worker has already, wait a moment.

    Through the same claim, lease and key as the worker, so nothing is done twice. Whatever is not finished in time
    is finished by a worker later.
    """
    _require_no_transaction()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        claim = queue.claim_one_of("order_id", order_id)
        if claim is not None:
            _work(claim)
        elif _is_worth_waiting(order_id, until - time.monotonic()):
            time.sleep(A_MOMENT)
        else:
            return


def _is_worth_waiting(order_id: UUID, seconds: float) -> bool:
    """Has somebody a claim on it, or is it soon due again? What waits for the buyer is not waited for."""
    ours = Operation.objects.filter(order_id=order_id, due_at__isnull=False, next_action__isnull=True)
    soon = Q(due_at__lte=Now() + timedelta(seconds=seconds))
    return ours.filter(soon | Q(state=Operation.State.SENT)).exists()


def _require_no_transaction() -> None:
    with transaction.atomic(durable=True):
        pass


def _work(claim: Claim) -> int:
    operation = queue.still_ours(claim).select_related("order").first()
    if operation is None:
        return 0
    if operation.order.quarantined_at is not None:
        queue.still_ours(claim).update(state=_rest_of(claim), due_at=Now() + answers.LOOK_AGAIN_AFTER)
        return 1
    if claim.attempt > 1:  # also for one that kills every process that asks it
        answers.call_for_attention_if_old(operation)
    answer = _ask(operation, claim)
    try:
        _write_down(claim, operation, answer)
    except Exception:  # the answer is not lost: whoever claims next fetches it
        log.exception("answer_not_written", operation=str(operation.pk), attempt=claim.attempt)
        _try_again(claim, Operation.State.UNKNOWN)
    return 1


def _rest_of(claim: Claim) -> Operation.State:
    """Where one claim of a quarantined order's request leaves it: the first has told nobody anything."""
    return Operation.State.READY if claim.attempt == 1 else Operation.State.UNKNOWN


def _ask(operation: Operation, claim: Claim) -> Result:
    """Whatever goes wrong on the way means that we do not know."""
    try:
        request, asked = request_for(operation), provider(operation.provider)
        known: Snapshot = asked.fetch(request) if claim.attempt > 1 else NotSeen()
        if not isinstance(known, NotSeen):
            return known
        late = _late_one(operation) if operation.kind == Operation.Kind.REFUND else None
        if late is not None:
            return _withdrawn(claim, late)
        return asked.execute(request, lambda reference: _remember(claim, reference))
    except Exception as error:
        log.warning("provider_failed", operation=str(operation.pk), attempt=claim.attempt, exc_info=error)
        return Unknown(type(error).__name__)


def _late_one(refund: Operation) -> Operation | None:
    """A refund that had failed and has succeeded after all: it counts as this one, once nobody can make this one."""
    earlier = refund.order.operations.filter(kind=Operation.Kind.REFUND).order_by("-seq")
    return next((each for each in earlier if each.has_come_late), None)


def _withdrawn(claim: Claim, late: Operation) -> Result:
    """Nothing is sent any more. What was sent before may still arrive for a while."""
    is_over = late.done_at is not None and late.done_at < timezone.now() - MAY_STILL_ARRIVE
    return Failed(Operation.WITHDRAWN) if claim.attempt == 1 or is_over else Unknown("another one has succeeded late")


def request_for(operation: Operation) -> Request:
    order = operation.order
    return Request(
        key=operation.key,
        operation_id=str(operation.pk),
        order_id=str(order.pk),
        kind=operation.kind,
        amount_cents=operation.amount_cents,
        currency=operation.currency,
        buyer_id=str(order.buyer_id),
        seller_id=str(order.seller_id),
        reference=operation.provider_ref,
        authorization=_authorization_for(operation),
        destination=_payout_account(order.seller_id) if operation.kind == Operation.Kind.TRANSFER else "",
    )


def _authorization_for(operation: Operation) -> str:
    """What is captured, voided or refunded. One that still waits for its buyer can be voided too."""
    if operation.kind == Operation.Kind.VOID and operation.provider_ref:
        return operation.provider_ref  # it was asked for with a name: `answers.late_success`
    payments = operation.order.operations.filter(kind=Operation.Kind.AUTHORIZE).exclude(state=Operation.State.FAILED)
    return payments.order_by("-seq").values_list("provider_ref", flat=True).first() or ""


def _payout_account(seller_id: UUID) -> str:
    """Where they said; else who they are, which is enough for a provider that knows our people."""
    said = SellerTerms.objects.filter(user=seller_id).values_list("payout_account", flat=True).first()
    return said or str(seller_id)


def _remember(claim: Claim, reference: str) -> None:
    queue.still_ours(claim).update(provider_ref=reference)


def _write_down(claim: Claim, operation: Operation, answer: Result) -> None:
    match answer:
        case Succeeded() | Failed():
            answers.write(queue, claim, operation, answer)
        case Pending():
            answers.wait_for_buyer(queue, claim, operation, answer, look_again=timedelta(seconds=LOOK_AGAIN_SECONDS))
        case Unknown():
            log.info("answer_unknown", operation=str(operation.pk), attempt=claim.attempt, why=answer.why)
            _try_again(claim, Operation.State.UNKNOWN)


def _try_again(claim: Claim, state: Operation.State) -> None:
    wait = min(FIRST_RETRY_SECONDS * 2 ** min(claim.attempt - 1, 10), SLOWEST_RETRY_SECONDS)
    queue.still_ours(claim).update(state=state, due_at=Now() + timedelta(seconds=wait))
