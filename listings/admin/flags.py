"""The queue of what the product itself has noticed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from listings.admin.queues import QueueAdmin, decide_flag, is_open
from listings.admin.showing import listing_badge, picture, pictures
from listings.models import Listing, ListingFlag, ListingReport, Photo
from marketplace.common.admin import Decision, link_to

DECISIONS: tuple[Decision[ListingFlag], ...] = (
    Decision(
        name="uphold",
        title=_("Uphold flag"),
        explanation=_(
            "The listing is hidden or stays so, its open reports are upheld, and the seller is told the note."
        ),
        permission="listings.change_listingflag",
        applies_to=is_open,
        carry_out=decide_flag(uphold=True),
        icon="thumb_up",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="dismiss",
        title=_("Dismiss flag"),
        explanation=_(
            "Nothing was wrong. What was hidden automatically is shown again, and its reports are dismissed."
        ),
        permission="listings.change_listingflag",
        applies_to=is_open,
        carry_out=decide_flag(uphold=False),
        icon="thumb_down",
    ),
)


@admin.register(ListingFlag)
class ListingFlagAdmin(QueueAdmin):
    decisions = DECISIONS
    list_display = ("cover", "summary", "listing_link", "state_label", "listing_state", "seller_link", "created_at")
    list_display_links = ("cover", "summary")
    list_filter = ("state", "kind", ("created_at", admin.DateFieldListFilter))
    search_fields = ("listing__title", "listing__seller__username")
    search_help_text = _("Title, or user name of the seller")
    fieldsets = (
        (None, {"fields": (("state_label", "kind", "created_at"), ("listing_link", "listing_state", "seller_link"))}),
        (_("What was noticed"), {"fields": (("its_picture", "other_picture"), "other_listing", "reports")}),
        (_("Decision"), {"fields": (("decided_by", "decided_at"), "decision_note")}),
    )
    readonly_fields = (
        *("state_label", "kind", "created_at", "listing_link", "listing_state", "seller_link"),
        *("its_picture", "other_picture", "other_listing", "reports", "decided_by", "decided_at", "decision_note"),
    )

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: ListingFlag) -> bool:
        """Neither the seller, nor whose reports or pictures raised it."""
        me = request.user.pk
        other = other_listing(thing)
        is_party = me == thing.listing.seller_id or (other is not None and me == other.seller_id)
        has_reported = ListingReport.objects.filter(listing=thing.listing_id, reporter=me).exists()
        return super().may_decide(request, decision, thing) and not is_party and not has_reported

    @admin.display(description=_("flag"), ordering="kind")
    def summary(self, flag: ListingFlag) -> str:
        return flag.get_kind_display()

    @admin.display(description=_("picture"))
    def its_picture(self, flag: ListingFlag) -> str:
        photo = noticed_photo(flag)
        return picture(photo, width=240) if photo else pictures(flag.listing.photos.all()[:4])

    @admin.display(description=_("the same, elsewhere"))
    def other_picture(self, flag: ListingFlag) -> str:
        return picture(twin_of(flag), width=240)

    @admin.display(description=_("the other listing"))
    def other_listing(self, flag: ListingFlag) -> str:
        other = other_listing(flag)
        return f"{link_to(other)} {link_to(other.seller)} {listing_badge(other)}" if other else "-"

    @admin.display(description=_("reports"))
    def reports(self, flag: ListingFlag) -> str:
        return str(flag.facts.get("reports", "-"))


def noticed_photo(flag: ListingFlag) -> Photo | None:
    key = flag.facts.get("photo")
    return Photo.objects.filter(pk=key).first() if key else None


def other_listing(flag: ListingFlag) -> Listing | None:
    key = flag.facts.get("other_listing")
    found: Listing | None = Listing.objects.select_related("seller").filter(pk=key).first() if key else None
    return found


def twin_of(flag: ListingFlag) -> Photo | None:
    """Of the other listing's pictures the one most like it."""
    photo, key = noticed_photo(flag), flag.facts.get("other_listing")
    if photo is None or photo.fingerprint is None or key is None:
        return None
    print_ = photo.fingerprint
    others = Photo.objects.filter(listing_id=key, fingerprint__isnull=False)
    return min(others, key=lambda other: _difference(print_, other.fingerprint), default=None)


def _difference(one: int, other: int | None) -> int:
    """In bits. PostgreSQL has them as signed numbers, of which only the 64 bits matter."""
    return ((one ^ (other or 0)) & (2**64 - 1)).bit_count()


def open_flags(request: HttpRequest) -> int:
    """The badge in the menu."""
    return int(ListingFlag.objects.open().count())
