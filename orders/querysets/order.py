"""Whose orders are seen by whom, and which of them are due for something."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q

from orders.lifecycle import State


def is_operator(person: Any) -> bool:
    """Only staff can be: so nobody else is asked about twice."""
    return bool(person.is_staff and person.has_perm("orders.operate_order"))


class OrderQuerySet(models.QuerySet[Any]):
    def of(self, person: Any, *, role: str | None = None) -> Self:
        """A person's purchases and sales, or only the ones or the others."""
        match role:
            case "buyer":
                return self.filter(buyer=person)
            case "seller":
                return self.filter(seller=person)
        return self.filter(Q(buyer=person) | Q(seller=person))

    def visible_to(self, viewer: Any) -> Self:
        """One's own, and for operators all: what is not yours is not there."""
        if is_operator(viewer):
            return self
        return self.of(viewer) if viewer.pk else self.none()

    def quarantined(self) -> Self:
        return self.filter(quarantined_at__isnull=False)

    def needing_attention(self) -> Self:
        """Quarantined ones are a queue of their own."""
        return self.exclude(needs_attention="").filter(quarantined_at__isnull=True)

    def in_dispute(self) -> Self:
        return self.filter(state=State.DISPUTED)

    def locked(self) -> Self:
        """Order, then listing, then accounts: whoever locks several does it in this order."""
        return self.select_for_update(of=("self",), no_key=True)
