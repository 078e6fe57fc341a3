"""Ordering: pieces are held, price and fee frozen, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.models import User
from listings.models import Listing
from listings.services import stock
from marketplace.common.errors import DomainError
from orders import terms
from orders.lifecycle import Party, State, Status, Step
from orders.models import Offer, Order, OrderEvent, StockHold
from orders.services import deadlines, offering
from orders.services.errors import ListingNotOnOffer, OutOfStock, OwnListing, PriceChanged, TooManyUnpaid
from orders.services.moving import By, announce
from orders.services.offering import OfferOfSomethingElse, require_not_blocked


@dataclass(frozen=True)
class Wish:
    """What a buyer asks for; `total_cents` and `currency` are what they believe that it costs."""

    listing_id: UUID
    quantity: int | None = None  # as agreed in the offer, else one
    client_id: UUID | None = None
    total_cents: int | None = None
    currency: str | None = None
    offer_id: UUID | None = None
    is_paid_at_the_door: bool = False


def place(buyer: User, wish: Wish) -> tuple[Order, bool]:
    """The order, and whether it is new: a phone that sends its `client_id` again gets what it has ordered."""
    try:
        with transaction.atomic():
            known = _known(buyer, wish.client_id)
            return (known, False) if known is not None else (_place(buyer, wish), True)
    except (IntegrityError, DomainError):
        known = _known(buyer, wish.client_id)  # sent twice at once: the other was first, and may have the last piece
        if known is None:
            raise
        return known, False


def _known(buyer: User, client_id: UUID | None) -> Order | None:
    if client_id is None:
        return None
    found: Order | None = Order.objects.filter(buyer=buyer, client_id=client_id).first()
    return found


def _place(buyer: User, wish: Wish) -> Order:
    agreed = None if wish.offer_id is None else offering.lock_agreed(buyer, wish.offer_id, wish.listing_id)
    pieces = wish.quantity or (1 if agreed is None else agreed.quantity)
    has_room = _has_room(buyer)  # locks the buyer: before the listing, as the other road does
    held = stock.hold(wish.listing_id, pieces=pieces, buyer_id=buyer.pk)
    if held is None:
        raise _why_not(buyer, wish.listing_id)
    require_not_blocked(buyer, held.seller_id)
    if not has_room:
        raise TooManyUnpaid
    price = _unit_price(held, agreed, pieces)
    total = price * pieces
    if wish.total_cents not in (None, total) or wish.currency not in (None, held.currency):
        raise PriceChanged(extra={"total_cents": total, "currency": held.currency})
    fee = terms.NO_FEE if wish.is_paid_at_the_door else terms.current_fee()  # there is nothing to take it from
    order = Order.objects.create(
        client_id=wish.client_id,
        buyer=buyer,
        seller_id=held.seller_id,
        listing_id=wish.listing_id,
        listing_as_bought=held.as_bought(),
        quantity=pieces,
        unit_price_cents=price,
        total_cents=total,
        currency=held.currency,
        fee_bps=fee.basis_points,
        fee_min_cents=fee.least_cents,
        fee_max_cents=fee.most_cents,
        state=State.ARRANGED if wish.is_paid_at_the_door else State.CREATED,
    )
    StockHold.objects.create(order=order, listing_id=wish.listing_id, quantity=pieces)
    if agreed is not None:
        offering.use(agreed, order)
    _begin(order, By(Party.BUYER, buyer))
    return order


def _unit_price(held: stock.Held, agreed: Offer | None, pieces: int) -> int:
    if agreed is None:
        return held.price_cents
    if (pieces, held.currency) != (agreed.quantity, agreed.currency):
        raise OfferOfSomethingElse(extra={"quantity": agreed.quantity, "currency": agreed.currency})
    return agreed.price_cents


def _begin(order: Order, by: By) -> None:
    OrderEvent.objects.create(
        order=order,
        version=1,
        step=Step.CREATE,
        to_state=order.state,
        to_status=Status.CREATED,
        party=by.party,
        actor=by.user,
    )
    order.refresh_from_db(fields=["created_at", "updated_at", "number"])
    life = terms.time_in(order.state)
    assert life is not None
    deadlines.add(order, deadlines.TIMEOUT, due_at=order.created_at + life)
    announce(order, Step.CREATE, by=by, before="")


def _why_not(buyer: User, listing_id: UUID) -> Exception:
    listing = Listing.objects.on_offer().filter(pk=listing_id).first()
    if listing is None:
        return ListingNotOnOffer()
    return OwnListing() if listing.belongs_to(buyer) else OutOfStock(extra={"available": listing.available})


def _has_room(buyer: User) -> bool:
    """Until the commit: whoever orders many things at once is counted as if it had been one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT orders_has_room(%s, %s)", [buyer.pk, terms.most_unpaid()])
        return bool(cursor.fetchone()[0])
