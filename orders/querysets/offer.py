"""Whose offers are seen by whom, and which still stand."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now


class OfferQuerySet(models.QuerySet[Any]):
    def of(self, person: Any, *, role: str | None = None) -> Self:
        match role:
            case "buyer":
                return self.filter(buyer=person)
            case "seller":
                return self.filter(seller=person)
        return self.filter(Q(buyer=person) | Q(seller=person))

    def standing(self) -> Self:
        return self.filter(expires_at__gt=Now())

    def run_out(self) -> Self:
        """Open by name alone: nobody has answered in time, and nothing had to be done for that."""
        return self.filter(state="open", expires_at__lte=Now())

    def shown(self) -> Self:
        has_run_out = When(state="open", expires_at__lte=Now(), then=Value("expired"))
        return self.annotate(shown_state=Case(has_run_out, default=F("state")))
