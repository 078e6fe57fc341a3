"""What the two queues have in common: the open ones first, and a decision with a note."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, Prefetch, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from listings.admin.showing import cover, listing_badge, picture, queue_badge
from listings.models import ListingFlag, ListingReport, Photo
from listings.models.moderation import QueueEntry
from listings.services import moderation
from marketplace.common.admin import DecisionAdmin, ReadOnlyAdmin, link_to

OPEN_FIRST = Case(When(state=QueueEntry.State.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


def is_open(entry: QueueEntry) -> bool:
    return entry.is_open


def decide_report(uphold: bool) -> Any:
    def carry_out(report: ListingReport, actor: User, note: str) -> None:
        moderation.decide_report(report, actor=actor, uphold=uphold, note=note, now=timezone.now())

    return carry_out


def decide_flag(uphold: bool) -> Any:
    def carry_out(flag: ListingFlag, actor: User, note: str) -> None:
        moderation.decide_flag(flag, actor=actor, uphold=uphold, note=note, now=timezone.now())

    return carry_out


class QueueAdmin(DecisionAdmin, ReadOnlyAdmin):
    """Of reports or flags; the oldest waiting stands at the end, as in the list of people reported."""

    list_select_related: Any = ("listing__seller",)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [OPEN_FIRST.asc(), "-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).defer("listing__search", "listing__plain_title")
        return rows.prefetch_related(Prefetch("listing__photos", Photo.objects.order_by("position", "id")))

    @admin.display(description="")
    def cover(self, entry: Any) -> str:
        return picture(cover(entry.listing))

    @admin.display(description=_("listing"))
    def listing_link(self, entry: Any) -> str:
        return link_to(entry.listing)

    @admin.display(description=_("seller"))
    def seller_link(self, entry: Any) -> str:
        return link_to(entry.listing.seller)

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, entry: QueueEntry) -> str:
        return queue_badge(entry)

    @admin.display(description=_("the listing is"))
    def listing_state(self, entry: Any) -> str:
        return listing_badge(entry.listing)
