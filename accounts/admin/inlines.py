"""What a moderator sees below a person: where they are signed in, what reaches them, what others say."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import Device, PersonReport, Session
from marketplace.common.admin import LookOnlyInline, badge
from marketplace.common.admin.badges import Kind


class LookOnly(LookOnlyInline):
    seen_with = "accounts.view_user"
    fk_name = "user"


class SessionInline(LookOnly):
    model = Session
    fields = ("surface", "condition", "address", "user_agent", "created_at", "rotated_at", "expires_at")
    readonly_fields = fields

    @admin.display(description=_("state"))
    def condition(self, session: Session) -> str:
        if session.revoked_at is not None:
            return badge(_("ended: %(why)s") % {"why": session.get_ended_by_display()}, "warning")
        return badge(_("open"), "success") if session.is_open(timezone.now()) else badge(_("expired"), "info")


class DeviceInline(LookOnly):
    model = Device
    fields = ("platform", "app_version", "gets_push", "created_at", "seen_at")  # the push token is a secret
    readonly_fields = fields

    @admin.display(description=_("gets push"), boolean=True)
    def gets_push(self, device: Device) -> bool:
        return bool(device.push_token)


class ReportInline(LookOnly):
    model = PersonReport
    fk_name = "person"
    verbose_name_plural = _("Reports received")
    fields = ("open_link", "condition", "reporter", "text", "decision_note", "created_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PersonReport]:
        rows: QuerySet[PersonReport] = super().get_queryset(request)
        return rows.select_related("reporter")

    @admin.display(description=_("reason"))
    def open_link(self, report: PersonReport) -> str:
        url = reverse("admin:accounts_personreport_change", args=[report.pk])
        return format_html('<a class="text-link" href="{}">{}</a>', url, report.get_reason_display())

    @admin.display(description=_("state"))
    def condition(self, report: PersonReport) -> str:
        return report_badge(report)


def report_badge(report: PersonReport) -> str:
    kinds: dict[str, Kind] = {"open": "warning", "upheld": "danger", "dismissed": "info"}
    return badge(report.get_state_display(), kinds[report.state])
