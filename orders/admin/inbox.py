"""What providers told us, and what became of it. To read: a notification is only a hint, and is told again."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from marketplace.common.admin import ReadOnlyAdmin, badge
from orders.models import InboxEvent


@admin.register(InboxEvent)
class InboxEventAdmin(ReadOnlyAdmin):
    list_display = ("kind", "provider", "state_label", "attempts", "trouble", "received_at")
    list_filter = ("provider", ("processed_at", admin.EmptyFieldListFilter), ("due_at", admin.EmptyFieldListFilter))
    search_fields = ("=event_id", "=operation_id", "=reference")
    search_help_text = _("The id of the notification or of the operation, or the provider's reference")
    ordering = ("-id",)
    fields = (
        *("kind", "provider", "event_id", "operation_id", "reference", "state_label", "outcome", "attempts"),
        *("received_at", "due_at", "processed_at"),
    )
    readonly_fields = fields

    @admin.display(description=_("state"), ordering="processed_at")
    def state_label(self, event: InboxEvent) -> str:
        if event.processed_at is not None:
            return badge(_("worked off"), "success")
        return badge(_("given up"), "danger") if event.due_at is None else badge(_("waiting"), "info")

    @admin.display(description=_("error"))
    def trouble(self, event: InboxEvent) -> str:
        """An outcome of what was worked off is none."""
        return "-" if event.processed_at is not None else event.outcome or "-"
