"""Which reviews may be seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Now


class ReviewQuerySet(models.QuerySet[Any]):
    def published(self, *, blind_for: timedelta) -> Self:
        """Both have written, or the wait is over: time in the query, no job."""
        other = self.model._default_manager.filter(order=OuterRef("order")).exclude(rater=OuterRef("rater"))
        return self.filter(Exists(other) | Q(created_at__lte=Now() - blind_for))

    def received_by(self, person: Any) -> Self:
        return self.filter(ratee=person)

    def seen_by(self, viewer: Any, *, blind_for: timedelta) -> Self:
        """One's own at once, and first; then what has been published."""
        rows = self.filter(Q(rater=viewer.pk) | Q(pk__in=self.published(blind_for=blind_for)))
        return rows.order_by(Case(When(rater=viewer.pk, then=0), default=1), "pk")
