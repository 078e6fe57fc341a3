"""A price is talked about: an offer, a counter-offer, and the word that settles it.

Each word is one conditional UPDATE of an offer that is open and has not run out, so of two at once one counts. Nothing
is held by an offer: whoever orders first has the piece. What is said here leaves as events, for a chat to show.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models import Block, User
from listings.models import Listing
from marketplace.common import outbox
from marketplace.common.errors import Conflict, NotFound
from marketplace.common.money import require_coins
from orders import terms
from orders.lifecycle import Party
from orders.models import Offer, Order
from orders.services.errors import ListingNotOnOffer, NotYourStep, OutOfStock, OwnListing

State = Offer.State


class OfferNotFound(NotFound):
    code = "offer_not_found"
    detail = "Offer not found"


class OfferClosed(Conflict):
    code = "offer_closed"
    detail = "This offer no longer stands"


class OpenOfferExists(Conflict):
    code = "offer_exists"
    detail = "You are talking about a price already; answer or withdraw that offer first"


class OfferOfSomethingElse(Conflict):
    code = "offer_of_something_else"
    detail = "This is not what was agreed"


def make(buyer: User, listing_id: UUID, *, price_cents: int, quantity: int = 1) -> Offer:
    listing: Listing | None = Listing.objects.on_offer().filter(pk=listing_id).first()
    if listing is None:
        raise ListingNotOnOffer
    if listing.belongs_to(buyer):
        raise OwnListing
    require_not_blocked(buyer, listing.seller_id)
    if quantity > listing.available:
        raise OutOfStock(extra={"available": listing.available})
    return _made(
        listing=listing,
        buyer=buyer,
        seller_id=listing.seller_id,
        made_by=Party.BUYER,
        price_cents=price_cents,
        quantity=quantity,
        currency=listing.currency,
    )


def require_not_blocked(buyer: User, seller_id: UUID) -> None:
    """Who has blocked, or is blocked by, the seller finds nothing."""
    between = Q(blocker=buyer, blocked=seller_id) | Q(blocker=seller_id, blocked=buyer)
    if Block.objects.filter(between).exists():
        raise ListingNotOnOffer


@transaction.atomic
def counter(user: User, offer_id: UUID, *, price_cents: int, quantity: int | None = None) -> Offer:
    """By the one who is asked: this one is closed and another stands in its place."""
    offer, party = _to_answer(user, offer_id)
    if not _say(offer, State.COUNTERED, by=party):
        raise OfferClosed(extra={"state": State.COUNTERED.value})  # what was countered is answered by another offer
    return _made(
        listing_id=offer.listing_id,
        buyer_id=offer.buyer_id,
        seller_id=offer.seller_id,
        made_by=party,
        price_cents=price_cents,
        quantity=quantity or offer.quantity,
        currency=offer.currency,
        parent=offer,
    )


@transaction.atomic
def accept(user: User, offer_id: UUID) -> Offer:
    """By the one who is asked. From now on the buyer may order at this price, for a day."""
    offer, party = _to_answer(user, offer_id)
    _say(offer, State.ACCEPTED, by=party, expires_at=Now() + terms.offer_good_for())
    return offer


@transaction.atomic
def decline(user: User, offer_id: UUID) -> Offer:
    offer, party = _to_answer(user, offer_id)
    _say(offer, State.DECLINED, by=party)
    return offer


@transaction.atomic
def withdraw(user: User, offer_id: UUID) -> Offer:
    """By the one who made it, until it is answered."""
    offer, party = seen_by(user, offer_id)
    if offer.made_by != party:
        raise NotYourStep("Only who made an offer withdraws it")
    _say(offer, State.WITHDRAWN, by=party)
    return offer


def seen_by(user: User, offer_id: UUID) -> tuple[Offer, Party]:
    offer: Offer | None = Offer.objects.of(user).filter(pk=offer_id).first()
    party = None if offer is None else offer.party(user)
    if offer is None or party is None:
        raise OfferNotFound
    return offer, party


def lock_agreed(buyer: User, offer_id: UUID, listing_id: UUID) -> Offer:
    """For an order, in its transaction: accepted, of this buyer, for this listing, in time and not used yet."""
    chosen = Offer.objects.select_for_update(of=("self",), no_key=True).filter(pk=offer_id, buyer=buyer)
    offer: Offer | None = chosen.first()
    if offer is None:
        raise OfferNotFound
    if offer.listing_id != listing_id:
        raise OfferOfSomethingElse
    if offer.state != State.ACCEPTED or offer.order_id or not chosen.standing().exists():
        raise OfferClosed(extra={"state": offer.state})
    return offer


def use(offer: Offer, order: Order) -> None:
    """One order for each: `offer` is locked."""
    Offer.objects.filter(pk=offer.pk, order__isnull=True).update(order=order, updated_at=Now())


def _to_answer(user: User, offer_id: UUID) -> tuple[Offer, Party]:
    offer, party = seen_by(user, offer_id)
    if offer.answers != party:
        raise NotYourStep("An offer is answered by the other side")
    return offer, party


def _say(offer: Offer, word: Offer.State, *, by: Party, **changes: Any) -> bool:
    """False when it was said before: a repeated word is a quiet success. Another word is too late."""
    is_new = bool(_open(offer.pk).update(state=word, updated_at=Now(), **changes))
    offer.refresh_from_db()
    if is_new:
        _announce(word, offer, by=by)
    elif offer.state != word:
        has_run_out = Offer.objects.run_out().filter(pk=offer.pk).exists()
        raise OfferClosed(extra={"state": State.EXPIRED.value if has_run_out else offer.state})
    return is_new


def _open(offer_id: UUID) -> QuerySet[Offer]:
    rows: QuerySet[Offer] = Offer.objects.standing().filter(pk=offer_id, state=State.OPEN)
    return rows


def _made(**facts: Any) -> Offer:
    require_coins(facts["price_cents"], facts["currency"])
    try:
        with transaction.atomic():
            offer = Offer(expires_at=Now() + terms.offer_open_for(), **facts)
            Offer.objects.run_out().filter(listing=offer.listing_id, buyer=offer.buyer_id).update(state=State.EXPIRED)
            offer.save(force_insert=True)
            offer.refresh_from_db()
            _announce("made", offer, by=Party(offer.made_by))
            return offer
    except IntegrityError as error:  # the database keeps one open offer for each buyer and listing
        raise OpenOfferExists from error


def _announce(what: str, offer: Offer, *, by: Party) -> None:
    """Leaves with the commit."""
    outbox.publish(
        f"offer.{what}",
        offer_id=str(offer.pk),
        parent_id=None if offer.parent_id is None else str(offer.parent_id),
        listing_id=str(offer.listing_id),
        buyer_id=str(offer.buyer_id),
        seller_id=str(offer.seller_id),
        party=by.value,
        price_cents=offer.price_cents,
        quantity=offer.quantity,
        currency=offer.currency,
    )
