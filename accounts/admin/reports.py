"""The moderators' queue."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.admin.inlines import report_badge
from accounts.models import PersonReport, User
from accounts.services import people
from marketplace.common.admin import Decision, DecisionAdmin, ReadOnlyAdmin


def _is_open(report: PersonReport) -> bool:
    return report.state == PersonReport.State.OPEN


def _uphold(report: PersonReport, actor: User, note: str) -> None:
    people.decide_report(report, actor=actor, uphold=True, note=note, now=timezone.now())


def _dismiss(report: PersonReport, actor: User, note: str) -> None:
    people.decide_report(report, actor=actor, uphold=False, note=note, now=timezone.now())


DECISIONS: tuple[Decision[PersonReport], ...] = (
    Decision(
        name="uphold",
        title=_("Uphold report"),
        explanation=_("The report is right. This alone does nothing to the account: decide that on the person's page."),
        permission="accounts.change_personreport",
        applies_to=_is_open,
        carry_out=_uphold,
        icon="thumb_up",
        variant=ActionVariant.PRIMARY,
    ),
    Decision(
        name="dismiss",
        title=_("Dismiss report"),
        explanation=_("Nothing was wrong. The reporter may report the same person again."),
        permission="accounts.change_personreport",
        applies_to=_is_open,
        carry_out=_dismiss,
        icon="thumb_down",
    ),
)
OPEN_FIRST = Case(When(state=PersonReport.State.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


@admin.register(PersonReport)
class ReportAdmin(DecisionAdmin, ReadOnlyAdmin):
    decisions = DECISIONS
    list_display = ("summary", "person", "state_label", "reporter", "about_person", "created_at")
    list_filter = ("state", "reason", ("created_at", admin.DateFieldListFilter))
    search_fields = ("person__username", "person__name", "reporter__username", "text")
    search_help_text = _("Who was reported, who reported, or words of the report")
    list_select_related = ("person", "reporter")
    change_form_outer_after_template = "admin/accounts/other_reports.html"
    fieldsets = (
        (None, {"fields": (("state_label", "reason", "created_at"), ("person_link", "reporter_link"), "text")}),
        (_("Decision"), {"fields": (("decided_by", "decided_at"), "decision_note")}),
    )
    readonly_fields = (
        *("state_label", "reason", "created_at", "person_link", "reporter_link", "text"),
        *("decided_by", "decided_at", "decision_note"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PersonReport]:
        rows: QuerySet[PersonReport] = super().get_queryset(request)
        return rows.annotate(about_person=Count("person__reports_received"))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [OPEN_FIRST.asc(), "-id"]

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: PersonReport) -> bool:
        """Nobody judges a report about themselves, or their own."""
        is_party = request.user.pk in (thing.person_id, thing.reporter_id)
        return super().may_decide(request, decision, thing) and not is_party

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if (report := kwargs.get("obj")) is not None:
            others = PersonReport.objects.filter(person_id=report.person_id).exclude(pk=report.pk)
            context["other_reports"] = list(others.select_related("reporter").order_by("-id")[:20])
        return super().render_change_form(request, context, **kwargs)

    @admin.display(description=_("report"), ordering="reason")
    def summary(self, report: PersonReport) -> str:
        return f"{report.get_reason_display()}: {report.text[:80]}" if report.text else report.get_reason_display()

    @admin.display(description=_("reports on them"), ordering="about_person")
    def about_person(self, report: Any) -> int:
        return int(report.about_person)

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, report: PersonReport) -> str:
        return report_badge(report)

    @admin.display(description=_("person"))
    def person_link(self, report: PersonReport) -> str:
        return link_to(report.person)

    @admin.display(description=_("reporter"))
    def reporter_link(self, report: PersonReport) -> str:
        return link_to(report.reporter)


def link_to(person: User) -> str:
    url = reverse("admin:accounts_user_change", args=[person.pk])
    return format_html('<a class="text-link" href="{}">{} (@{})</a>', url, person.display_name, person.username)


def open_reports(request: HttpRequest) -> int:
    """The badge in the menu."""
    return PersonReport.objects.filter(state=PersonReport.State.OPEN).count()
