"""Is money moving as it should? Asked cheaply, often, and by machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Min, Q
from django.utils import timezone

from orders.models import Deadline, InboxEvent, MoneyAudit, Operation, Order
from orders.services import inbox
from orders.services.deadlines import ANY_VERSION

AUDIT_IS_OLD_AFTER = timedelta(hours=36)  # it runs every night


@dataclass(frozen=True)
class Pulse:
    """`late`: how long the oldest has waited for what should take seconds."""

    unanswered_seconds: float
    late_deadlines: int
    late_notifications: int
    quarantined: int
    needs_attention: int
    audit_ok: bool | None  # None: there has been none
    audit_age_seconds: float | None
    audit_is_late: bool

    @property
    def troubles(self) -> list[str]:
        patience = settings.MONEY_PATIENCE_MINUTES * 60
        seen = {
            "unanswered": self.unanswered_seconds > patience,
            "late_deadlines": self.late_deadlines > 0,
            "late_notifications": self.late_notifications > 0,
            "quarantined": self.quarantined > 0,
            "audit_differs": self.audit_ok is False,
            "audit_is_late": self.audit_is_late,
        }
        return [name for name, is_so in seen.items() if is_so]


def pulse(*, now: datetime | None = None) -> Pulse:
    now = now or timezone.now()
    last = MoneyAudit.objects.order_by("-pk").values_list("is_ok", "began_at").first()
    is_ok, audited_at = last if last is not None else (None, None)
    return Pulse(
        unanswered_seconds=_unanswered(now),
        late_deadlines=_late_deadlines(now),
        late_notifications=_late_notifications(now),
        quarantined=Order.objects.quarantined().count(),
        needs_attention=Order.objects.needing_attention().count(),
        audit_ok=is_ok,
        audit_age_seconds=None if audited_at is None else (now - audited_at).total_seconds(),
        audit_is_late=_is_late(audited_at, now),
    )


def _unanswered(now: datetime) -> float:
    """Since when the provider owes an answer, or nobody has asked for one. What waits for a buyer may take its time,
    and what was refused is asked for again later on purpose."""
    moving = Operation.objects.filter(
        due_at__isnull=False, next_action__isnull=True, order__quarantined_at__isnull=True
    )
    asked = Q(state__in=(Operation.State.SENT, Operation.State.UNKNOWN))
    oldest = moving.aggregate(asked=Min("created_at", filter=asked), due=Min("due_at", filter=~asked))
    waits = [float((now - since).total_seconds()) for since in oldest.values() if since is not None]
    return max([0.0, *waits])


def _late_deadlines(now: datetime) -> int:
    late: Any = now - timedelta(minutes=settings.MONEY_PATIENCE_MINUTES)
    failing = Q(attempts__gte=settings.MONEY_PATIENCE_MINUTES)  # one that fails is put off by a minute each time
    standing_still = Q(order__quarantined_at__isnull=False, order_version__gt=ANY_VERSION)
    return Deadline.objects.filter(Q(due_at__lt=late) | failing).exclude(standing_still).count()


def _late_notifications(now: datetime) -> int:
    """What concerns us and has not been worked off for long; what nobody here knows is no trouble of money."""
    late = now - timedelta(minutes=settings.MONEY_PATIENCE_MINUTES)
    waiting = InboxEvent.objects.filter(due_at__isnull=False, received_at__lt=late)
    return waiting.exclude(outcome=inbox.UNKNOWN_OBJECT).count()


def _is_late(audited_at: datetime | None, now: datetime) -> bool:
    """Where nothing was ever ordered, there is nothing to audit."""
    old = now - AUDIT_IS_OLD_AFTER
    if audited_at is not None:
        return audited_at < old
    return Order.objects.filter(created_at__lt=old).exists()


def gauges() -> dict[str, tuple[str, float]]:
    """For Prometheus."""
    now = pulse()
    return {
        "money_unanswered_seconds": (
            "Age of the oldest request to a provider without an answer",
            now.unanswered_seconds,
        ),
        "money_late_deadlines": ("Deadlines that should have rung", now.late_deadlines),
        "money_late_notifications": (
            "What providers told of our requests and nobody has worked off",
            now.late_notifications,
        ),
        "money_quarantined_orders": ("Orders that nothing moves until somebody has looked", now.quarantined),
        "money_attention_orders": ("Orders that an operator should look at", now.needs_attention),
        "money_audit_ok": (
            "Whether the last audit found nothing; 1 before the first",
            float(now.audit_ok is not False),
        ),
        "money_audit_age_seconds": ("Since the last audit; -1 before the first", _or_none_yet(now.audit_age_seconds)),
    }


def _or_none_yet(seconds: float | None) -> float:
    return -1.0 if seconds is None else seconds
