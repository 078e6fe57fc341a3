"""Listings: found quickly, seen whole, and changed by nobody but their owners. Moderators hide and show."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import CharField, Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import User
from listings.admin.inlines import FlagInline, PhotoInline, PriceInline, ReportInline
from listings.admin.showing import cover, listing_badge, picture, price
from listings.models import Listing, ListingFlag, ListingReport
from listings.services import listings
from listings.services.hiding import reason_for_readers
from marketplace.common.admin import Decision, DecisionAdmin, ReadOnlyAdmin, exactly, link_to
from marketplace.common.models import AuditEntry

TRAIL_LENGTH = 50


def _hide(listing: Listing, actor: User, reason: str) -> None:
    listings.hide(listing, actor=actor, reason=reason, now=timezone.now())


def _show_again(listing: Listing, actor: User, reason: str) -> None:
    listings.show_again(listing, actor=actor, reason=reason, now=timezone.now())


DECISIONS: tuple[Decision[Listing], ...] = (
    Decision(
        name="hide",
        title=_("Hide listing"),
        explanation=_("Nobody but the seller and moderators sees it any more. The seller is told the reason."),
        permission="listings.moderate_listing",
        applies_to=lambda listing: listing.hidden_at is None and not listing.is_removed,
        carry_out=_hide,
        icon="visibility_off",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="show-again",
        title=_("Show listing again"),
        explanation=_("It is on offer as it was before. The seller is told, but not the reason you write here."),
        permission="listings.moderate_listing",
        applies_to=lambda listing: listing.hidden_at is not None and not listing.is_removed,
        carry_out=_show_again,
        icon="visibility",
        variant=ActionVariant.PRIMARY,
    ),
)


class HiddenFilter(admin.SimpleListFilter):
    title = _("visibility")
    parameter_name = "hidden"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("hidden")), ("no", _("not hidden")), ("removed", _("removed"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Listing]) -> QuerySet[Listing]:
        match self.value():
            case "yes" | "no" as answer:
                return rows.filter(hidden_at__isnull=answer == "no")
            case "removed":
                return rows.filter(removed_at__isnull=False)
        return rows


@admin.register(Listing)
class ListingAdmin(DecisionAdmin, ReadOnlyAdmin):
    decisions = DECISIONS
    list_display = ("cover", "title", "seller_link", "category", "price", "status", "open_reports", "created_at")
    list_display_links = ("cover", "title")
    list_filter = ("state", HiddenFilter, "category", ("created_at", admin.DateFieldListFilter))
    search_fields = ("title", "seller__username")
    search_help_text = _("Words of the title, user name of the seller, number or id")
    ordering = ("-created_at", "-id")
    inlines = (ReportInline, FlagInline, PhotoInline, PriceInline)
    change_form_outer_after_template = "admin/listings/trail.html"
    fieldsets = (
        (None, {"fields": (("status", "number", "created_at"), ("seller_link", "category", "brand"), "title")}),
        (None, {"fields": ("description", ("price", "condition"), ("quantity", "reserved", "sold"))}),
        (_("Moderation"), {"fields": (("hidden_at", "removed_at"), "why_hidden", ("id", "version"))}),
    )
    readonly_fields = (
        *("status", "number", "created_at", "seller_link", "category", "brand", "title", "description", "price"),
        *("condition", "quantity", "reserved", "sold", "hidden_at", "removed_at", "why_hidden", "id", "version"),
    )

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: Listing) -> bool:
        """Nobody judges what they sell themselves."""
        return super().may_decide(request, decision, thing) and not thing.belongs_to(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        rows: QuerySet[Listing] = super().get_queryset(request)
        reports = ListingReport.objects.filter(listing=OuterRef("pk")).open().order_by().values("listing")
        count = Subquery(reports.annotate(count=Count("pk")).values("count"))
        shown = rows.select_related("seller", "category", "brand").defer("search", "plain_title")
        return shown.with_photos().annotate(open_reports=Coalesce(count, 0))  # type: ignore[attr-defined,no-any-return]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Listing], search_term: str
    ) -> tuple[QuerySet[Listing], bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        exact = exactly(search_term.strip())
        return (found | queryset.filter(exact) if exact else found), may_repeat

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if (listing := kwargs.get("obj")) is not None:
            context["trail"] = list(trail_of(listing)[:TRAIL_LENGTH])
        return super().render_change_form(request, context, **kwargs)

    @admin.display(description="")
    def cover(self, listing: Listing) -> str:
        return picture(cover(listing))

    @admin.display(description=_("seller"), ordering="seller__username")
    def seller_link(self, listing: Listing) -> str:
        return link_to(listing.seller)

    @admin.display(description=_("price"), ordering="price_cents")
    def price(self, listing: Listing) -> str:
        return price(listing)

    @admin.display(description=_("state"), ordering="state")
    def status(self, listing: Listing) -> str:
        return listing_badge(listing)

    @admin.display(description=_("reason"))
    def why_hidden(self, listing: Listing) -> str:
        return str(reason_for_readers(listing.hidden_reason)) or "-"

    @admin.display(description=_("open reports"), ordering="open_reports")
    def open_reports(self, listing: Any) -> int:
        return int(listing.open_reports)


def trail_of(listing: Listing) -> QuerySet[AuditEntry]:
    """What was done to this listing, and decided about reports and flags on it."""
    done = Q(target_type="listing", target_id=str(listing.pk))
    for model in (ListingReport, ListingFlag):
        about = model.objects.filter(listing=listing).values_list(Cast("pk", CharField()))
        done |= Q(target_type=model._meta.model_name, target_id__in=about)
    return AuditEntry.objects.filter(done).select_related("actor").order_by("-id")
