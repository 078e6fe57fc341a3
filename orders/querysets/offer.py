"""Whose offers are seen by whom, and which still stand."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
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
        """Still open by name, as nobody has answered in time."""
        return self.filter(state="open", expires_at__lte=Now())
