"""Chores in the background: asked for by staff or by the timer, worked off by whichever worker is free.

The row is the queue (see `common/queue.py`). A chore may run twice when its worker dies, but never goes missing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from listings.models import MaintenanceRun
from listings.services.chores import CHORES
from marketplace.common import audit
from marketplace.common.errors import DomainError, NotFound
from marketplace.common.queue import Claim, RowQueue
from marketplace.common.wake import WakeUp

log = structlog.get_logger(__name__)

LEASE_SECONDS = 3_600  # longer than any chore takes
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=1)
KEPT = timedelta(days=30)

State = MaintenanceRun.State
wake_up = WakeUp("maintenance")
_queue = RowQueue(MaintenanceRun, lease_seconds=LEASE_SECONDS)


class NoSuchTask(NotFound):
    code = "no_such_task"
    detail = "Task not found"


@transaction.atomic
def ask(chore: str, *, wanted: dict[str, Any], by: User) -> MaintenanceRun:
    run = MaintenanceRun.objects.create(chore=chore, wanted=wanted, asked_by=by)
    audit.record("maintenance.asked", run, actor=by, data={"chore": chore, **wanted})
    wake_up.after_commit()
    return run


@transaction.atomic
def ask_once(chore: str, *, wanted: dict[str, Any], slot: str, now: datetime) -> bool:
    """The timer's way: one run per slot, however often the timer rings. True when this ring made it."""
    MaintenanceRun.objects.filter(done_at__lt=now - KEPT).delete()
    run = MaintenanceRun(chore=chore, wanted=wanted, slot=f"{chore}:{slot}")
    MaintenanceRun.objects.bulk_create([run], ignore_conflicts=True)
    is_new = MaintenanceRun.objects.filter(pk=run.pk).exists()
    if is_new:
        wake_up.after_commit()
    return is_new


def find(task_id: UUID) -> MaintenanceRun:
    run = MaintenanceRun.objects.filter(pk=task_id).first()
    if run is None:
        raise NoSuchTask
    return run


# ── The worker's side ────────────────────────────────────────────────────────────────────────────


def work_due(*, limit: int = 20, for_seconds: float = 60.0) -> int:
    """How many were tried; no new one is begun once the time is up."""
    tried = 0
    for claim in _queue.claims(limit=limit, for_seconds=for_seconds):
        _work(claim)
        tried += 1
    return tried


def is_anything_due() -> bool:
    return _queue.is_anything_due()


def _work(claim: Claim) -> None:
    if not _queue.still_ours(claim).update(state=State.STARTED):
        return
    run = MaintenanceRun.objects.get(pk=claim.key)
    if claim.attempt > MAX_ATTEMPTS:  # every worker before us died of it
        _finish(claim, State.FAILURE, {"error": "The worker never came back"})
        return
    try:
        result = CHORES[run.chore](run.wanted, timezone.now())
    except DomainError as refusal:  # asked for in vain, and no repetition would help
        _finish(claim, State.FAILURE, {"error": refusal.text})
    except Exception as error:  # whatever a chore does, the queue keeps moving
        _give_up_or_retry(claim, run, error)
    else:
        _finish(claim, State.SUCCESS, result)


def _give_up_or_retry(claim: Claim, run: MaintenanceRun, error: Exception) -> None:
    is_last = claim.attempt >= MAX_ATTEMPTS
    log.warning("chore_failed", chore=run.chore, run=str(run.pk), attempt=claim.attempt, last=is_last, exc_info=error)
    told = {"error": type(error).__name__}  # the whole story is in the log; it may quote keys and addresses
    if is_last:
        _finish(claim, State.FAILURE, told)
    else:
        _queue.still_ours(claim).update(state=State.PENDING, due_at=Now() + RETRY_AFTER)


def _finish(claim: Claim, state: str, result: dict[str, Any]) -> None:
    """Nothing happens when the lease has run out and another worker has taken over."""
    _queue.still_ours(claim).update(state=state, result=result, due_at=None, done_at=Now())
