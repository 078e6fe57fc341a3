"""What providers tell us. A notification is only a hint: the truth is fetched, so their order does not matter.

It is taken in at once and worked off later. An event counts as known when it has been worked off, never when it has
arrived: its mark is written in the transaction of its effect, so a crash between the two loses neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from marketplace.common.queue import Claim, RowQueue
from orders.models import InboxEvent, Operation, Order
from orders.providers.base import Chargeback, Failed, NotSeen, Snapshot, Succeeded, Unknown, WebhookRef
from orders.providers.registry import provider
from orders.services import answers, charging_back, coming_back
from orders.services.asking import wake_up
from orders.services.moving import lock
from orders.services.operations import request_for

log = structlog.get_logger(__name__)

KEEP_TRYING = timedelta(hours=1)  # a provider may tell us of what we have not committed yet
LEAST_ATTEMPTS = 3  # before anything is given up: nobody may have been at work for that hour
SLOWEST_RETRY_SECONDS = 300
SLOWEST_WHEN_OLD_SECONDS = 3_600
LATE = (Operation.CAME_LATE, Operation.LET_GO)
UNKNOWN_OBJECT = "unknown object"
KEPT = timedelta(days=60)
queue = RowQueue(InboxEvent, lease_seconds=60)
Apply = Callable[[Order], str | None]  # None: to be asked for once more


@transaction.atomic
def receive(name: str, told: WebhookRef) -> None:
    """Once, however often it is told; what was given up is tried again when it is told again."""
    event = InboxEvent(
        provider=name,
        event_id=told.event_id,
        kind=told.kind[:60],
        operation_id=told.operation_id[:60],
        reference=told.reference[:120],
    )
    InboxEvent.objects.bulk_create([event], ignore_conflicts=True)
    given_up = InboxEvent.objects.filter(provider=name, event_id=told.event_id, processed_at=None, due_at=None)
    given_up.update(due_at=Now())
    wake_up.after_commit()


def is_anything_due() -> bool:
    return queue.is_anything_due()


def work_off_due(*, limit: int = 1_000, for_seconds: float = 20.0) -> int:
    """How many were tried."""
    return sum(_work(claim) for claim in queue.claims(limit=limit, for_seconds=for_seconds))


def _work(claim: Claim) -> int:
    event = queue.still_ours(claim).first()
    if event is None:
        return 0
    try:
        _process(claim, event)
    except Exception:  # the next try starts over: nothing of this one was kept
        log.exception("event_not_processed", event_id=event.event_id, attempt=claim.attempt)
        _keep(claim, event, "failed")
    return 1


def _process(claim: Claim, event: InboxEvent) -> None:
    operation = _operation_of(event)
    if operation is None:
        _keep(claim, event, UNKNOWN_OBJECT)
        return
    fetch = _fetch_chargebacks if event.kind.startswith("chargeback") else _fetch_operations
    apply = fetch(operation)
    if apply is None:
        _keep(claim, event, "not known yet")
        return
    with transaction.atomic():
        order = lock(operation.order_id)
        if queue.still_ours(claim).select_for_update().filter(processed_at=None).exists():
            outcome = apply(order)
            if outcome is None:
                _keep(claim, event, "changed meanwhile")
                return
            queue.still_ours(claim).update(processed_at=Now(), due_at=None, outcome=outcome[:60])


def _operation_of(event: InboxEvent) -> Operation | None:
    """By our own name for it, else by theirs: what tells of a refund may call it by its payment, too."""
    known = Operation.objects.select_related("order").filter(provider=event.provider).order_by("created_at")
    # the second half of it is what lets PostgreSQL use the index
    theirs = Q(provider_ref=event.reference, provider_ref__gt="") if event.reference else Q(pk=None)
    ours = _uuid(event.operation_id)
    named = None if ours is None else known.filter(pk=ours).first()
    return named or known.filter(theirs).first()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# ── What the provider says: asked with no transaction open, applied in one ───────────────────────


def _fetch_operations(named: Operation) -> Apply | None:
    """The one that was named, and whatever else is open in its order: one event often tells of several."""
    stood = (named.state, named.failure)  # before it was asked about
    known = _snapshot(named)
    if isinstance(known, NotSeen | Unknown):
        return None
    opened = named.order.operations.filter(due_at__isnull=False, attempts__gt=0).exclude(pk=named.pk)
    found = {each.pk: _snapshot(each) for each in opened.select_related("order")}
    found[named.pk] = known
    return lambda order: _apply(order, found, named=named) if _stands(named, stood) else None


def _stands(named: Operation, stood: tuple[str, str]) -> bool:
    """Has somebody else learnt of it while we asked, our answer may be the older one: then it is asked for anew."""
    now: tuple[str, str] = Operation.objects.values_list("state", "failure").get(pk=named.pk)
    return now == stood or now[0] in Operation.OPEN


def _snapshot(operation: Operation) -> Snapshot:
    return provider(operation.provider).fetch(request_for(operation))


def _apply(order: Order, found: dict[Any, Snapshot], *, named: Operation) -> str:
    """Of what is over by now only the one that was named is looked at again: of the others our answer may be older."""
    changed = 0
    for operation in order.operations.select_for_update().filter(pk__in=found).order_by("created_at", "seq"):
        answer = found[operation.pk]
        if not isinstance(answer, Succeeded | Failed):
            continue
        if operation.is_open:  # a worker that is on its way with the same answer will find it written
            answers.take_in(order, operation, answer)
            changed += 1
        elif operation.pk != named.pk:
            continue
        elif _is_contradicted(operation, answer):
            assert isinstance(answer, Succeeded)
            answers.late_success(order, operation, answer)
            changed += 1
        elif coming_back.is_contradicted(operation, answer):
            coming_back.contradicted(order, operation, answer)
            changed += 1
    return "applied" if changed else "known already"


def _is_contradicted(operation: Operation, answer: Succeeded | Failed) -> bool:
    """A payment was called a failure, and holds money after all. That is dealt with once."""
    if operation.kind != Operation.Kind.AUTHORIZE or operation.state != Operation.State.FAILED:
        return False
    return isinstance(answer, Succeeded) and not operation.failure.startswith(LATE)


def _fetch_chargebacks(payment: Operation) -> Apply | None:
    known = provider(payment.provider).fetch_chargebacks(request_for(payment))
    return None if isinstance(known, Unknown) else lambda order: _charge_back(order, payment, known)


def _charge_back(order: Order, payment: Operation, known: Iterable[Chargeback]) -> str:
    outcome = "nothing was taken back"
    for taken in known:
        outcome = charging_back.charge_back(order, payment, taken)
    return outcome


def forget_old() -> int:
    """Providers repeat themselves for days, not for months; and what comes again then finds everything known."""
    return InboxEvent.objects.filter(processed_at__lt=Now() - KEPT).delete()[0]


# ── Later ────────────────────────────────────────────────────────────────────────────────────────


def _keep(claim: Claim, event: InboxEvent, why: str) -> None:
    """Tried again; what nobody knows for an hour only stays to be looked at, and is not forgotten as done."""
    is_old = timezone.now() - event.received_at > KEEP_TRYING
    slowest = SLOWEST_WHEN_OLD_SECONDS if is_old else SLOWEST_RETRY_SECONDS
    wait = timedelta(seconds=min(2 ** min(claim.attempt, 12), slowest))
    gives_up = is_old and why == UNKNOWN_OBJECT and claim.attempt >= LEAST_ATTEMPTS
    log.info("event_kept", event_id=event.event_id, why=why, given_up=gives_up)
    queue.still_ours(claim).update(outcome=why, due_at=None if gives_up else Now() + wait)
