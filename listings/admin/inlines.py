"""What a moderator sees below a listing: its pictures, its prices, what people and the product said about it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from listings.admin.showing import picture, queue_badge
from listings.models import ListingFlag, ListingPrice, ListingReport, Photo
from listings.models.moderation import QueueEntry
from listings.notices import shown_price
from marketplace.common.admin import LookOnlyInline, link_to


class OfListing(LookOnlyInline):
    fk_name = "listing"
    seen_with = "listings.view_listing"


class PhotoInline(OfListing):
    model = Photo
    ordering = ("position", "id")
    fields = ("shown", "state", "trouble", "width", "height", "created_at")
    readonly_fields = fields

    @admin.display(description=_("picture"))
    def shown(self, photo: Photo) -> str:
        return picture(photo, width=120)


class PriceInline(OfListing):
    model = ListingPrice
    verbose_name_plural = _("Prices")
    fields = ("price", "at")
    readonly_fields = fields

    @admin.display(description=_("price"))
    def price(self, row: ListingPrice) -> str:
        return shown_price(row.price_cents, row.currency)


class QueueInline(OfListing):
    """Opened by its first column, where it can be decided."""

    @admin.display(description=_("reason"))
    def open_link(self, entry: QueueEntry) -> str:
        return link_to(entry)

    @admin.display(description=_("state"))
    def condition(self, entry: QueueEntry) -> str:
        return queue_badge(entry)


class ReportInline(QueueInline):
    model = ListingReport
    verbose_name_plural = _("Reports")
    fields = ("open_link", "condition", "reporter", "text", "decision_note", "created_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListingReport]:
        rows: QuerySet[ListingReport] = super().get_queryset(request)
        return rows.select_related("reporter")


class FlagInline(QueueInline):
    model = ListingFlag
    verbose_name_plural = _("Flags")
    fields = ("open_link", "condition", "decision_note", "created_at")
    readonly_fields = fields
