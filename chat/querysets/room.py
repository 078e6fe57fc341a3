"""Which rooms?"""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

OPEN_TO_ALL = Q(kind="broadcast") | Q(kind="group", is_private=False)


class RoomQuerySet(models.QuerySet[Any]):
    def open_to_all(self) -> Self:
        return self.filter(OPEN_TO_ALL)

    def groups(self) -> Self:
        return self.filter(kind="group")

    def public_groups(self) -> Self:
        return self.filter(kind="group", is_private=False, closed_at__isnull=True)

    def groups_within_reach(self, user: Any) -> Self:
        """Those that anybody may join, and those where this person is."""
        is_open = Q(is_private=False, closed_at__isnull=True)
        return self.groups().visible_to(user).filter(is_open | Exists(self._own(user, state="active")))

    def with_members(self, most: int) -> Self:
        """Who owns it and who is in it now, longest first."""
        members = self._members.filter(state="active").select_related("user").order_by("pk")[:most]
        return self.select_related("owner").prefetch_related(
            models.Prefetch("members", members, to_attr="participants")
        )

    def with_member(self, user: Any) -> Self:
        """Where this person is now."""
        return self.filter(members__user=user, members__state="active")

    def visible_to(self, user: Any) -> Self:
        """What may be looked at by its address: one's own, those one was invited to, and what is open to all."""
        return self.filter(OPEN_TO_ALL | Exists(self._own(user))).exclude(Exists(self._own(user, state="banned")))

    def talked_in(self, user: Any) -> Self:
        """One's own, without those put away since the last message."""
        kept = Q(members__hidden_seq__isnull=True) | Q(members__hidden_seq__lt=F("last_seq"))
        return self.filter(kept, members__user=user, members__state="active")

    def talks_of(self, user: Any) -> Self:
        """Rooms about a listing in which this person is, as lists of dealings show them: the newest first."""
        rows = self.with_member(user).filter(kind="listing").select_related("listing", "buyer", "owner")
        return rows.defer("listing__search", "listing__plain_title").order_by("-created_at", "-pk")

    @property
    def _members(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._meta.get_field("members").related_model.objects.all()
        return rows

    def _own(self, user: Any, state: str | None = None) -> models.QuerySet[Any]:
        rows = self._members.filter(room=OuterRef("pk"), user=user.pk)
        return rows.filter(state=state) if state else rows.filter(state__in=("active", "invited"))
