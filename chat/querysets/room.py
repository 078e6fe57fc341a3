"""Which rooms?"""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q


class RoomQuerySet(models.QuerySet[Any]):
    def open_to_all(self) -> Self:
        return self.filter(Q(kind="broadcast") | Q(kind="group", is_private=False))

    def public_groups(self) -> Self:
        return self.filter(kind="group", is_private=False, closed_at__isnull=True)

    def with_member(self, user: Any) -> Self:
        """Where this person is now."""
        return self.filter(members__user=user, members__state="active")

    def visible_to(self, user: Any) -> Self:
        """What may be looked at by its address: one's own, those one was invited to, and what is open to all."""
        return self.filter(Q(kind="broadcast") | Q(kind="group", is_private=False) | Exists(self._own(user))).exclude(
            Exists(self._own(user, state="banned"))
        )

    def talked_in(self, user: Any) -> Self:
        """One's own, without those put away since the last message."""
        kept = Q(members__hidden_seq__isnull=True) | Q(members__hidden_seq__lt=F("last_seq"))
        return self.filter(kept, members__user=user, members__state="active")

    def talks_of(self, user: Any) -> Self:
        """Rooms about a listing in which this person is, as lists of dealings show them: the newest first."""
        rows = self.with_member(user).filter(kind="listing").select_related("listing", "buyer", "owner")
        return rows.defer("listing__search", "listing__plain_title").order_by("-created_at", "-pk")

    def _own(self, user: Any, state: str | None = None) -> models.QuerySet[Any]:
        member = self.model._meta.get_field("members").related_model
        rows: models.QuerySet[Any] = member.objects.filter(room=OuterRef("pk"), user=user.pk)
        return rows.filter(state=state) if state else rows.filter(state__in=("active", "invited"))
