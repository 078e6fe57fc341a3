"""How things are shown to moderators: pictures, prices, states, the people behind them."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from listings.models import Listing, Photo
from listings.models.moderation import QueueEntry
from listings.notices import shown_price
from marketplace.common.admin import badge
from marketplace.common.admin.badges import Kind
from marketplace.common.storage import get_store

SMALL, LARGE = 300, 800
LISTING_KINDS: dict[str, Kind] = {"live": "success", "sold": "info", "draft": "default"}
QUEUE_KINDS: dict[str, Kind] = {"open": "warning", "upheld": "danger", "dismissed": "info"}


def picture(photo: Photo | None, *, pixels: int = SMALL, width: int = 64) -> str:
    """The version that the worker has made; what was uploaded is shown to nobody."""
    if photo is None:
        return "-"
    if photo.state != Photo.State.READY:
        return str(photo.get_state_display())
    url = get_store().public_url(photo.version_key(pixels))
    return format_html('<img src="{}" width="{}" alt="" loading="lazy" style="border-radius: 4px">', url, width)


def pictures(photos: Iterable[Photo], *, width: int = 240) -> str:
    row = '<div style="display: flex; gap: 8px; flex-wrap: wrap">{}</div>'
    shown = [(picture(photo, width=width),) for photo in photos]
    return format_html(row, format_html_join("", "{}", shown)) if shown else "-"


def cover(listing: Listing) -> Photo | None:
    """Of a listing whose photos were prefetched."""
    return next(iter(listing.photos.all()), None)


def price(listing: Listing) -> str:
    return shown_price(listing.price_cents, listing.currency)


def listing_badge(listing: Listing) -> str:
    if listing.is_removed:
        return badge(_("removed"), "default")
    if listing.hidden_at is not None:
        return badge(_("hidden"), "danger")
    if not listing.seller_is_active:
        return badge(_("seller disabled"), "warning")
    return badge(listing.get_state_display(), LISTING_KINDS.get(listing.state, "warning"))


def queue_badge(entry: QueueEntry) -> str:
    return badge(entry.get_state_display(), QUEUE_KINDS[entry.state])
