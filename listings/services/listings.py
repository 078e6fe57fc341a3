"""Offering a thing, changing the offer, taking it away; and what moderators do to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from listings.models import Brand, Category, Listing, ListingPrice
from listings.services import transitions
from marketplace.common import audit, outbox
from marketplace.common.errors import DomainError, InvalidInput, NotFound
from marketplace.common.ids import uuid7
from marketplace.common.money import require_coins

CHANGEABLE = (
    *("title", "description", "category", "brand", "price_cents", "currency", "condition", "location"),
    *("price_suggestion_used", "quick_view_enabled"),
)


class ListingNotFound(NotFound):
    code = "listing_not_found"
    detail = "Listing not found"


class ChangedMeanwhile(DomainError):
    status = 412
    code = "changed_meanwhile"
    detail = "The listing has changed since you read it; read it again"


@transaction.atomic
def offer(
    seller: User,
    *,
    facts: Mapping[str, Any],
    quantity: int = 1,
    state: str = Listing.State.LIVE,
    listing_id: UUID | None = None,
) -> Listing:
    """`facts` are checked values of the CHANGEABLE fields; category and brand as rows. `listing_id`: a name that was
    made for it before."""
    known = {name: value for name, value in facts.items() if name in CHANGEABLE}
    require_coins(known["price_cents"], known.get("currency", Listing.currency.field.default))
    listing = Listing.objects.create(pk=listing_id or uuid7(), seller=seller, quantity=quantity, state=state, **known)
    _remember_price(listing)
    outbox.publish("listing.created", **_about(listing), brand_id=_text(listing.brand_id))
    if state == Listing.State.LIVE:
        outbox.publish("listing.went_live", **_about(listing))
    return fresh(listing)


@transaction.atomic
def change(
    listing_id: UUID,
    *,
    owner: User,
    changes: Mapping[str, Any],
    quantity: int | None = None,
    state: str | None = None,
    is_active: bool | None = None,
    expected_version: int | None = None,
    now: datetime,
) -> Listing:
    """Only what is given changes; a repeated change is a quiet success that leaves the version as it is."""
    listing = lock_own(listing_id, owner=owner, expected_version=expected_version)
    if "price_cents" in changes or "currency" in changes:
        require_coins(changes.get("price_cents", listing.price_cents), changes.get("currency", listing.currency))
    before = {name: getattr(listing, name) for name in (*CHANGEABLE, "quantity", "state")}
    was_live = listing.state == Listing.State.LIVE
    for name, value in changes.items():
        if name in CHANGEABLE:
            setattr(listing, name, value)
    if quantity is not None:
        listing.quantity = quantity + listing.reserved + listing.sold
    if state is None and is_active is not None:
        state = transitions.state_for(is_active=is_active, current=listing.state)
    if state is not None:
        transitions.move(listing, state)
    changed = sorted(name for name, value in before.items() if not _same(getattr(listing, name), value))
    if not changed:
        return listing
    _save(listing, changed, now=now)
    if "price_cents" in changed or "currency" in changed:
        _remember_price(listing)
        outbox.publish(
            "listing.price_changed",
            **_about(listing),
            old_cents=before["price_cents"],
            old_currency=before["currency"],
            new_cents=listing.price_cents,
            new_currency=listing.currency,
        )
    outbox.publish("listing.changed", **_about(listing), fields=changed)
    if listing.state == Listing.State.LIVE and not was_live:
        outbox.publish("listing.went_live", **_about(listing))
    return fresh(listing)


@transaction.atomic
def remove(listing_id: UUID, *, owner: User, expected_version: int | None = None, now: datetime) -> None:
    """Gone for everybody, kept for orders, receipts and moderators. Pieces that are held stay held."""
    listing = lock_own(listing_id, owner=owner, expected_version=expected_version)
    listing.removed_at = now
    _save(listing, ["removed_at"], now=now)
    outbox.publish("listing.removed", **_about(listing))


@transaction.atomic
def hide(listing: Listing, *, actor: User | None, reason: str, now: datetime) -> None:
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    if listing.hidden_at is not None:
        return
    listing.hidden_at, listing.hidden_reason = now, reason
    _save(listing, ["hidden_at", "hidden_reason"], now=now)
    audit.record("listing.hidden", listing, actor=actor, reason=reason)
    outbox.publish("listing.hidden", **_about(listing), reason=reason)


@transaction.atomic
def show_again(listing: Listing, *, actor: User, reason: str, now: datetime) -> None:
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    if listing.hidden_at is None:
        return
    listing.hidden_at, listing.hidden_reason = None, ""
    _save(listing, ["hidden_at", "hidden_reason"], now=now)
    audit.record("listing.shown_again", listing, actor=actor, reason=reason)
    outbox.publish("listing.shown_again", **_about(listing))


@transaction.atomic
def follow_account(user_id: UUID) -> int:
    """A disabled person offers nothing; when they come back, so does what they offered."""
    is_active = User.objects.active().filter(pk=user_id).exists()
    rows = Listing.objects.filter(seller_id=user_id).exclude(seller_is_active=is_active)
    return int(rows.update(seller_is_active=is_active, version=F("version") + 1, updated_at=Now()))


def lock_own(listing_id: UUID, *, owner: User, expected_version: int | None = None) -> Listing:
    """The owner's listing, locked; what is not theirs is not there."""
    own = Listing.objects.of(owner).select_for_update(of=("self",), no_key=True)
    listing: Listing | None = own.filter(pk=listing_id).first()
    if listing is None:
        raise ListingNotFound
    if expected_version is not None and listing.version != expected_version:
        raise ChangedMeanwhile(headers={"ETag": listing.etag})
    return listing


def touch(listing: Listing, *, now: datetime) -> None:
    """What belongs to a listing has changed, so whoever holds a copy must fetch it again."""
    Listing.objects.filter(pk=listing.pk).update(version=F("version") + 1, updated_at=now)


def fresh(listing: Listing) -> Listing:
    """As the database has it, with what it computes."""
    row: Listing = Listing.objects.with_photos().get(pk=listing.pk)
    return row


def checked_facts(body: Mapping[str, Any]) -> dict[str, Any]:
    """Ids become rows: a category and a brand that are there to be chosen, or a 422 that names the field."""
    facts = dict(body)
    if "category_id" in facts:
        facts["category"] = _chosen(Category, "category_id", facts.pop("category_id"))
    if "brand_id" in facts:
        brand_id = facts.pop("brand_id")
        facts["brand"] = None if brand_id is None else _chosen(Brand, "brand_id", brand_id)
    return facts


def _chosen(model: type[Category] | type[Brand], field: str, key: UUID) -> Any:
    found = model.objects.shown().filter(pk=key).first()
    if found is None:
        raise InvalidInput.one(["body", field], f"There is no such {model._meta.model_name}")
    return found


def _save(listing: Listing, fields: list[str], *, now: datetime) -> None:
    listing.version += 1
    listing.updated_at = now
    listing.save(update_fields=[*fields, "version", "updated_at"])


def _remember_price(listing: Listing) -> None:
    ListingPrice.objects.create(listing=listing, price_cents=listing.price_cents, currency=listing.currency)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Point) and isinstance(other, Point):
        return bool(one.coords == other.coords)
    return bool(one == other)


def _about(listing: Listing) -> dict[str, str]:
    return {
        "listing_id": str(listing.pk),
        "seller_id": str(listing.seller_id),
        "category_id": str(listing.category_id),
    }


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
