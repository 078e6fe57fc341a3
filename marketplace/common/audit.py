"""The audit trail: one line per decision that a person may later have to answer for."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from marketplace.common.models import AuditEntry


def record(
    action: str,
    target: Model,
    *,
    actor: Any,
    reason: str = "",
    data: dict[str, Any] | None = None,
) -> AuditEntry:
    """`actor` is a person, or None when the product itself acted."""
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        target_type=target._meta.model_name or "",
        target_id=str(target.pk),
        reason=reason,
        data=data or {},
    )


def last(action: str, target: Model) -> AuditEntry | None:
    """The newest of this kind about it."""
    about = AuditEntry.objects.filter(target_type=target._meta.model_name or "", target_id=str(target.pk))
    return about.filter(action=action).order_by("-at", "-pk").first()
