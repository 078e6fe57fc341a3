"""The shared rows: the audit trail, and events that have not arrived."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Case, OuterRef, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from marketplace.common import outbox
from marketplace.common.admin.badges import badge
from marketplace.common.admin.readonly import ReadOnlyAdmin
from marketplace.common.models import AuditEntry, OutboxDelivery


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to whom, and why."""

    list_display = ("at", "action", "who", "whom", "reason")
    list_filter = (("action", admin.AllValuesFieldListFilter), "target_type", ("at", admin.DateFieldListFilter))
    search_fields = ("action", "reason", "=target_id", "actor__username")
    search_help_text = _("Action, reason, user name of the actor, or the id of what it was done to")
    list_select_related = ("actor",)
    ordering = ("-id",)  # ids grow with time, and are indexed
    fields = ("at", "action", "who", "whom", "reason", "data")
    readonly_fields = fields

    @admin.display(description=_("actor"))
    def who(self, entry: AuditEntry) -> str:
        return str(entry.actor) if entry.actor_id else str(_("the product itself"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of the people acted on: an id alone tells a moderator nothing."""
        people = get_user_model()
        named = people._default_manager.filter(pk=Cast(OuterRef("target_id"), UUIDField())).values("username")
        entries: QuerySet[Any] = super().get_queryset(request)
        is_person = When(target_type=people._meta.model_name, then=Subquery(named[:1]))
        named_entries: QuerySet[Any] = entries.annotate(target_name=Case(is_person, default=None))
        return named_entries

    @admin.display(description=_("target"))
    def whom(self, entry: Any) -> str:
        label = f"@{entry.target_name}" if entry.target_name else f"{entry.target_type} {entry.target_id}"
        for model in self.admin_site._registry:
            if model._meta.model_name == entry.target_type:
                url = reverse(f"admin:{model._meta.app_label}_{entry.target_type}_change", args=[entry.target_id])
                return format_html('<a class="text-link" href="{}">{}</a>', url, label)
        return label


@admin.register(OutboxDelivery)
class OutboxDeliveryAdmin(ReadOnlyAdmin):
    """What has not arrived yet; the dead letters are those that nobody will try again on their own."""

    list_display = ("event_kind", "listener", "state_label", "attempts", "due_at", "last_error")
    list_filter = ("state",)
    search_fields = ("listener", "event__kind", "last_error")
    list_select_related = ("event",)
    ordering = ("-id",)
    actions = ("try_again",)
    fields = ("event_kind", "payload", "listener", "state_label", "attempts", "due_at", "last_error")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxDelivery]:
        rows: QuerySet[OutboxDelivery] = super().get_queryset(request)
        return rows.exclude(state=OutboxDelivery.State.DONE)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("common.change_outboxdelivery")

    @admin.action(description=_("Try the dead ones again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[OutboxDelivery]) -> None:
        count = outbox.try_dead_again(chosen, actor=request.user)
        self.message_user(request, _("%(count)s will be tried again within seconds.") % {"count": count})

    @admin.display(description=_("event"))
    def event_kind(self, delivery: OutboxDelivery) -> str:
        return delivery.event.kind

    @admin.display(description=_("payload"))
    def payload(self, delivery: OutboxDelivery) -> str:
        return str(delivery.event.payload)

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, delivery: OutboxDelivery) -> str:
        return badge(delivery.get_state_display(), "danger" if delivery.state == "dead" else "info")
