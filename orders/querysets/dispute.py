"""Whose disputes are seen by whom."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q

from orders.lifecycle import State
from orders.querysets.order import is_operator


class DisputeQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Any) -> Self:
        """One's own, and for operators all."""
        if is_operator(viewer):
            return self
        return self.filter(Q(order__buyer=viewer.pk) | Q(order__seller=viewer.pk)) if viewer.pk else self.none()

    def open(self) -> Self:
        return self.filter(order__state=State.DISPUTED)
