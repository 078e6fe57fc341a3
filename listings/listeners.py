"""What follows in `listings` when something has happened: to accounts, to listings, to the catalogs.

What may concern very many is done a batch at a time, each in a transaction of its own: a listener that has not
reached the end publishes the rest. Everybody is told under the id of the first event, so nobody twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.notices import notify
from listings import notices
from listings.models import Listing
from listings.notices import shown_price
from listings.search import watching
from listings.services import catalog_care, favourites, listings
from listings.services.hiding import reason_for_readers
from marketplace.common import outbox
from marketplace.common.outbox import Event, listens_to

FANS_AT_ONCE = 500  # one telling for all of them
SEARCHES_AT_ONCE = 100  # one telling for each, because each names its search
FIRST = UUID(int=0)


@listens_to("person.disabled", "person.enabled")
def follow_the_account(event: Event) -> None:
    """Reads the account as it is now: events may come in any order."""
    listings.follow_account(UUID(event.payload["user_id"]))


# ── What people are waiting for ──────────────────────────────────────────────────────────────────


@listens_to("listing.price_changed", "listing.price_changed.more_fans")
def tell_of_price_drop(event: Event) -> None:
    """To those who like it. Told only while it is true: a price that has risen again is no news."""
    told, listing = event.payload, _on_offer(event)
    if listing is None or not _has_dropped(told) or listing.price_cents > told["new_cents"]:
        return
    fans = favourites.fans_of(listing.pk, but=listing.seller_id, after=_after(event), most=FANS_AT_ONCE)
    notify(
        user_ids=[fan.user_id for fan in fans],
        kind=notices.PRICE_DROPPED.name,
        data={
            "listing_id": str(listing.pk),
            "title": listing.title,
            "old_price": shown_price(told["old_cents"], told["old_currency"]),
            "new_price": shown_price(told["new_cents"], told["new_currency"]),
        },
        event_id=_origin(event),
        collapse_key=f"price:{listing.pk}",
        exclude_blocked_with=listing.seller_id,
    )
    if len(fans) == FANS_AT_ONCE:
        _go_on(event, "listing.price_changed.more_fans", after=fans[-1].pk)


@listens_to("listing.went_live", "listing.price_changed", "listing.more_searches")
def tell_saved_searches(event: Event) -> None:
    """A person is told once of an event, by the name of the first of their searches that has found it."""
    listing, price_was = _on_offer(event), event.payload.get("old_cents")
    if listing is None or (price_was is not None and not _has_dropped(event.payload)):
        return
    batch = watching.remember_hits(listing.pk, after=_after(event), most=SEARCHES_AT_ONCE, price_was=price_was)
    for hit in sorted(batch.new, key=lambda hit: (hit.user_id, hit.search_id)):  # people are locked in one order
        _tell_of_match(event, listing, hit)
    if batch.last is not None:
        _go_on(event, "listing.more_searches", after=batch.last)


def _tell_of_match(event: Event, listing: Listing, hit: watching.Hit) -> None:
    notify(
        user_ids=[hit.user_id],
        kind=notices.SEARCH_MATCH.name,
        data={
            "listing_id": str(listing.pk),
            "search_id": str(hit.search_id),
            "search": hit.name,
            "title": listing.title,
            "price": shown_price(listing.price_cents, listing.currency),
        },
        event_id=_origin(event),
        exclude_blocked_with=listing.seller_id,
    )


# ── What moderators decided ──────────────────────────────────────────────────────────────────────


@listens_to("listing.hidden", "listing.shown_again")
def tell_the_seller(event: Event) -> None:
    kind = notices.HIDDEN if event.kind == "listing.hidden" else notices.SHOWN_AGAIN
    listing = Listing.objects.filter(pk=event.payload["listing_id"]).first()
    if listing is not None:
        reason = reason_for_readers(event.payload.get("reason", "").rstrip(". "))
        data = {"listing_id": str(listing.pk), "title": listing.title, "reason": reason}
        notify(user_ids=[listing.seller_id], kind=kind.name, data=data, event_id=event.id)


@listens_to("category.renamed", "brand.renamed")
def refresh_words(event: Event) -> None:
    last = catalog_care.refresh_words(_field(event), UUID(event.payload["id"]), after=_after(event))
    if last is not None:
        outbox.publish(event.kind, **{**event.payload, "after": str(last)})


@listens_to("category.merged", "brand.merged")
def move_what_was_merged(event: Event) -> None:
    source, target = UUID(event.payload["id"]), UUID(event.payload["into"])
    catalog_care.move_searches(_field(event), source, target)
    if catalog_care.move_listings(_field(event), source, target):
        outbox.publish(event.kind, **event.payload)


# ── Batches ──────────────────────────────────────────────────────────────────────────────────────


def _go_on(event: Event, kind: str, *, after: UUID) -> None:
    outbox.publish(kind, **{**event.payload, "origin": str(_origin(event)), "after": str(after)})


def _origin(event: Event) -> UUID:
    return UUID(event.payload.get("origin", str(event.id)))


def _after(event: Event) -> UUID:
    return UUID(event.payload.get("after", str(FIRST)))


def _field(event: Event) -> str:
    """`brand.renamed` -> `brand`."""
    return event.kind.partition(".")[0]


def _on_offer(event: Event) -> Listing | None:
    found: Listing | None = Listing.objects.on_offer().filter(pk=event.payload["listing_id"]).first()
    return found


def _has_dropped(told: dict[str, Any]) -> bool:
    return bool(told["old_currency"] == told["new_currency"] and told["new_cents"] < told["old_cents"])
