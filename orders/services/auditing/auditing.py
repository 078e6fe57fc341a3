"""The audit: every question, the answers kept, and the orders that differ put under quarantine if so wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from marketplace.common import audit
from orders.models import MoneyAudit, Order
from orders.services import answers
from orders.services.auditing import statements
from orders.services.auditing.questions import QUESTIONS, Question
from orders.services.moving import lock

log = structlog.get_logger(__name__)

KEPT_FINDINGS = 500
# A mistake of ours, or a statement that came empty, must not stop the whole site: beyond this somebody has to look
MOST_QUARANTINED = 100


@dataclass(frozen=True)
class Finding:
    question: str
    order_id: UUID | None
    what: str


@dataclass(frozen=True)
class Answer:
    name: str
    title: str
    findings: list[Finding]
    note: str = ""


def run(*, quarantine: bool = False) -> MoneyAudit:
    began_at = timezone.now()
    found = [*_compared(), *_asked()]
    stopped = _quarantine(found) if quarantine else 0
    return _kept(found, began_at=began_at, stopped=stopped)


def _compared() -> list[Answer]:
    """Providers are asked with no transaction open."""
    told = []
    for name in statements.names_in_use():
        differences = statements.differences(name)
        findings = [Finding(f"provider:{name}", each.order_id, each.what) for each in differences or ()]
        note = "gives no statement" if differences is None else ""
        title = f"The books of {name} say the same (I8, I10, I11)"
        told.append(Answer(f"provider:{name}", title, findings, note))
    return told


def _asked() -> list[Answer]:
    with _one_moment():
        return [Answer(each.name, each.title, _answered(each)) for each in QUESTIONS]


@contextmanager
def _one_moment() -> Iterator[None]:
    """All questions see the same moment, whatever is bought meanwhile. In somebody's transaction it is theirs."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def _answered(question: Question) -> list[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(str(question), question.values)
        return [Finding(question.name, order_id, str(what)) for order_id, what in cursor.fetchall()]


def _quarantine(found: list[Answer]) -> int:
    why = {each.order_id: f"audit, {each.question}: {each.what}" for one in found for each in one.findings}
    why.pop(None, None)
    if len(why) > MOST_QUARANTINED:
        log.error("audit_quarantines_nothing", orders=len(why), most=MOST_QUARANTINED)
        return 0
    return sum(_stop(order_id, what) for order_id, what in why.items() if order_id is not None)


@transaction.atomic
def _stop(order_id: UUID, why: str) -> int:
    if not Order.objects.filter(pk=order_id).exists():
        return 0  # only the provider has ever heard of it
    order = lock(order_id)
    if order.quarantined_at is not None:
        return 0
    answers.quarantine(order, why)
    audit.record("order.quarantined", order, actor=None, reason=why)
    return 1


def _kept(found: list[Answer], *, began_at: datetime, stopped: int) -> MoneyAudit:
    findings = [each for one in found for each in one.findings]
    table: list[dict[str, Any]] = [
        {"name": one.name, "title": one.title, "differences": len(one.findings), "note": one.note} for one in found
    ]
    say = log.error if findings else log.info
    say("money_audited", differences=len(findings), quarantined=stopped)
    return MoneyAudit.objects.create(
        began_at=began_at,
        done_at=Now(),
        is_ok=not findings,
        orders=Order.objects.count(),
        differences=len(findings),
        quarantined=stopped,
        table=table,
        findings=[
            {"question": each.question, "order": each.order_id and str(each.order_id), "what": each.what}
            for each in findings[:KEPT_FINDINGS]
        ],
    )
