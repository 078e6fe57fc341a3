"""Whose disputes are seen by whom, and which of them wait for an operator."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q

from orders.lifecycle import State


class DisputeQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Any) -> Self:
        """One's own, and for operators all."""
        if viewer.has_perm("orders.operate_order"):
            return self
        return self.filter(Q(order__buyer=viewer.pk) | Q(order__seller=viewer.pk)) if viewer.pk else self.none()

    def open(self) -> Self:
        return self.filter(order__state=State.DISPUTED)

    def escalated(self) -> Self:
        """The operators' queue, who has waited longest first."""
        return self.open().filter(escalated_at__isnull=False).order_by("escalated_at")
