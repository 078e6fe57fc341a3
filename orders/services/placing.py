"""Ordering: pieces are held, price and fee frozen, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from accounts.models import Block, User
from listings.models import Listing
from listings.services import stock
from marketplace.common.errors import DomainError
from orders import terms
from orders.lifecycle import Party, State, Status, Step
from orders.models import Order, OrderEvent, StockHold
from orders.services import deadlines
from orders.services.errors import ListingNotOnOffer, OutOfStock, OwnListing, PriceChanged, TooManyUnpaid
from orders.services.moving import By, announce


@dataclass(frozen=True)
class Wish:
    """What a buyer asks for; `total_cents` and `currency` are what they believe that it costs."""

    listing_id: UUID
    quantity: int = 1
    client_id: UUID | None = None
    total_cents: int | None = None
    currency: str | None = None


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
    held = stock.hold(wish.listing_id, pieces=wish.quantity, buyer_id=buyer.pk)
    if held is None:
        raise _why_not(buyer, wish.listing_id)
    _require_welcome(buyer, held.seller_id)
    total = held.price_cents * wish.quantity
    if wish.total_cents not in (None, total) or wish.currency not in (None, held.currency):
        raise PriceChanged(extra={"total_cents": total, "currency": held.currency})
    fee = terms.current_fee()
    order = Order.objects.create(
        client_id=wish.client_id,
        buyer=buyer,
        seller_id=held.seller_id,
        listing_id=wish.listing_id,
        listing_as_bought=held.as_bought(),
        quantity=wish.quantity,
        unit_price_cents=held.price_cents,
        total_cents=total,
        currency=held.currency,
        fee_bps=fee.basis_points,
        fee_min_cents=fee.least_cents,
        fee_max_cents=fee.most_cents,
    )
    StockHold.objects.create(order=order, listing_id=wish.listing_id, quantity=wish.quantity)
    _begin(order, By(Party.BUYER, buyer))
    return order


def _begin(order: Order, by: By) -> None:
    OrderEvent.objects.create(
        order=order,
        version=1,
        step=Step.CREATE,
        to_state=State.CREATED,
        to_status=Status.CREATED,
        party=by.party,
        actor=by.user,
    )
    order.refresh_from_db(fields=["created_at", "updated_at", "number"])
    life = terms.time_in(State.CREATED)
    assert life is not None
    deadlines.add(order, deadlines.TIMEOUT, due_at=order.created_at + life)
    announce(order, Step.CREATE, by=by, before="")


def _why_not(buyer: User, listing_id: UUID) -> Exception:
    listing = Listing.objects.on_offer().filter(pk=listing_id).first()
    if listing is None:
        return ListingNotOnOffer()
    return OwnListing() if listing.belongs_to(buyer) else OutOfStock(extra={"available": listing.available})


def _require_welcome(buyer: User, seller_id: UUID) -> None:
    """Who has blocked, or is blocked by, the seller finds nothing; who holds too much unpaid pays first."""
    between = Q(blocker=buyer, blocked=seller_id) | Q(blocker=seller_id, blocked=buyer)
    if Block.objects.filter(between).exists():
        raise ListingNotOnOffer
    most = terms.most_unpaid()
    if most:
        _one_at_a_time(buyer)
    if most and len(Order.objects.unpaid_by(buyer).values_list("pk")[:most]) >= most:
        raise TooManyUnpaid


def _one_at_a_time(buyer: User) -> None:
    """Until the commit: whoever orders many things at once is counted as if it had been one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 8))", [str(buyer.pk)])
