"""Rooms as such: who leads them and whether they are open. What is said in them is nobody's business here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import User
from chat.models import Room
from chat.services import groups
from marketplace.common import audit
from marketplace.common.admin import Decision, DecisionAdmin, ReadOnlyAdmin, link_to


def _close(room: Room, actor: User, reason: str) -> None:
    groups.close(None, room.pk, reason=reason, now=timezone.now())
    audit.record("room.closed", room, actor=actor, reason=reason)


def _open(room: Room, actor: User, reason: str) -> None:
    groups.open_again(None, room.pk)
    audit.record("room.opened", room, actor=actor, reason=reason)


DECISIONS: tuple[Decision[Room], ...] = (
    Decision(
        name="close",
        title=_("Close room"),
        explanation=_("Nobody writes there any more. What was said stays and can be read."),
        permission="chat.moderate_chat",
        applies_to=lambda room: room.closed_at is None,
        carry_out=_close,
        icon="lock",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="open",
        title=_("Open room again"),
        explanation=_("Its members can write there again."),
        permission="chat.moderate_chat",
        applies_to=lambda room: room.closed_at is not None,
        carry_out=_open,
        icon="lock_open",
    ),
)


@admin.register(Room)
class RoomAdmin(DecisionAdmin, ReadOnlyAdmin):
    decisions = DECISIONS
    list_display = ("title", "kind", "is_private", "owner", "people", "last_seq", "closed_at", "created_at")
    list_filter = ("kind", "is_private", ("closed_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "owner__username", "number")
    list_select_related = ("owner",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("number", "kind", "is_private"), "name", "description", ("owner_link", "listing_link"))}),
        (None, {"fields": (("people", "last_seq", "last_message_at"), ("slow_mode_seconds", "created_at"))}),
        (_("Closed"), {"fields": (("closed_at", "closed_reason"),)}),
    )
    readonly_fields = (
        *("number", "kind", "is_private", "name", "description", "owner_link", "listing_link", "people", "last_seq"),
        *("last_message_at", "slow_mode_seconds", "created_at", "closed_at", "closed_reason"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        rows: QuerySet[Room] = super().get_queryset(request)
        return rows.annotate(people_count=Count("members", Q(members__state="active")))

    @admin.display(description=_("room"), ordering="number")
    def title(self, room: Room) -> str:
        return str(room)

    @admin.display(description=_("people"))
    def people(self, room: Any) -> int:
        return int(room.people_count)

    @admin.display(description=_("owner"))
    def owner_link(self, room: Room) -> str:
        return link_to(room.owner) if room.owner else "-"

    @admin.display(description=_("listing"))
    def listing_link(self, room: Room) -> str:
        return link_to(room.listing) if room.listing else "-"
