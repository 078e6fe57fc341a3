"""The queue of what people report."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from listings.admin.queues import QueueAdmin, decide_report, is_open
from listings.models import ListingReport
from marketplace.common.admin import Decision, link_to

DECISIONS: tuple[Decision[ListingReport], ...] = (
    Decision(
        name="uphold",
        title=_("Uphold report"),
        explanation=_("The report is right. The listing is hidden, if it is not yet, and the seller is told the note."),
        permission="listings.change_listingreport",
        applies_to=is_open,
        carry_out=decide_report(uphold=True),
        icon="thumb_up",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="dismiss",
        title=_("Dismiss report"),
        explanation=_("Nothing was wrong. The listing stays as it is, and this person cannot report it again."),
        permission="listings.change_listingreport",
        applies_to=is_open,
        carry_out=decide_report(uphold=False),
        icon="thumb_down",
    ),
)


@admin.register(ListingReport)
class ListingReportAdmin(QueueAdmin):
    decisions = DECISIONS
    list_display = ("cover", "summary", "listing_link", "state_label", "listing_state", "reporter", "created_at")
    list_display_links = ("cover", "summary")
    list_filter = ("state", "reason", ("created_at", admin.DateFieldListFilter))
    search_fields = ("listing__title", "listing__seller__username", "reporter__username", "text")
    search_help_text = _("Title, user name of the seller or the reporter, or words of the report")
    list_select_related = ("listing__seller", "reporter")
    fieldsets = (
        (None, {"fields": (("state_label", "reason", "created_at"), ("listing_link", "listing_state"))}),
        (None, {"fields": (("seller_link", "reporter_link"), "text", "cover")}),
        (_("Decision"), {"fields": (("decided_by", "decided_at"), "decision_note")}),
    )
    readonly_fields = (
        *("state_label", "reason", "created_at", "listing_link", "listing_state", "seller_link", "reporter_link"),
        *("text", "cover", "decided_by", "decided_at", "decision_note"),
    )

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: ListingReport) -> bool:
        """Nobody judges a report about what they sell, or their own."""
        is_party = request.user.pk in (thing.listing.seller_id, thing.reporter_id)
        return super().may_decide(request, decision, thing) and not is_party

    @admin.display(description=_("report"), ordering="reason")
    def summary(self, report: ListingReport) -> str:
        return f"{report.get_reason_display()}: {report.text[:80]}" if report.text else report.get_reason_display()

    @admin.display(description=_("reporter"))
    def reporter_link(self, report: ListingReport) -> str:
        return link_to(report.reporter)


def open_reports(request: HttpRequest) -> int:
    """The badge in the menu."""
    return int(ListingReport.objects.open().count())
