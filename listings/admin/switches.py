"""Feature switches: an administrator's, because they change the product for everybody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from listings.models import FeatureSwitch
from marketplace.common import audit
from marketplace.common.admin import OfferedFilters, badge


@admin.register(FeatureSwitch)
class FeatureSwitchAdmin(OfferedFilters):
    list_display = ("key", "state", "note", "updated_at")
    list_filter = ("is_on",)
    search_fields = ("key", "note")
    ordering = ("key",)
    fields = ("key", "is_on", "note")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_superuser

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # apps go on asking for it; switched off is enough

    def get_readonly_fields(self, request: HttpRequest, obj: FeatureSwitch | None = None) -> tuple[str, ...]:
        return ("key",) if obj else ()

    def save_model(self, request: HttpRequest, obj: FeatureSwitch, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        facts = {"key": obj.key, "is_on": obj.is_on}
        audit.record("switch.changed" if change else "switch.added", obj, actor=request.user, data=facts)

    @admin.display(description=_("state"), ordering="is_on")
    def state(self, switch: FeatureSwitch) -> str:
        return badge(_("on"), "success") if switch.is_on else badge(_("off"), "default")
