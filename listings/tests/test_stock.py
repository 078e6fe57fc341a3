"""Pieces are held, sold and given back by one conditional UPDATE each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection

from accounts.models import User
from listings.models import Listing
from listings.services import stock


@pytest.mark.django_db
def test_a_hold_says_what_was_held_and_changes_the_version(buyer: User, make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(quantity=3, price_cents=500)

    held = stock.hold(listing.pk, pieces=2, buyer_id=buyer.pk)

    assert held is not None
    assert (held.seller_id, held.price_cents, held.as_bought()["title"]) == (listing.seller_id, 500, listing.title)
    listing.refresh_from_db()
    assert (listing.available, listing.reserved, listing.version) == (1, 2, 2)


@pytest.mark.django_db
def test_nothing_is_held_of_what_is_gone_hidden_or_ones_own(
    buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(quantity=1)

    assert stock.hold(listing.pk, pieces=2, buyer_id=buyer.pk) is None
    assert stock.hold(listing.pk, pieces=1, buyer_id=seller.pk) is None
    Listing.objects.filter(pk=listing.pk).update(state="paused")
    assert stock.hold(listing.pk, pieces=1, buyer_id=buyer.pk) is None
    listing.refresh_from_db()
    assert (listing.reserved, listing.version) == (0, 1)


@pytest.mark.django_db
def test_the_last_piece_sold_makes_it_sold_and_one_given_back_is_on_offer_again(
    buyer: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(quantity=2)
    stock.hold(listing.pk, pieces=2, buyer_id=buyer.pk)

    stock.sell(listing.pk, pieces=1)
    listing.refresh_from_db()
    assert (listing.state, listing.available) == ("live", 0)
    stock.give_back(listing.pk, pieces=1)
    listing.refresh_from_db()
    assert (listing.state, listing.available, listing.sold) == ("live", 1, 1)
    stock.hold(listing.pk, pieces=1, buyer_id=buyer.pk)
    stock.sell(listing.pk, pieces=1)
    listing.refresh_from_db()
    assert (listing.state, listing.sold) == ("sold", 2)


@pytest.mark.django_db
def test_what_the_owner_has_put_away_stays_put_away(buyer: User, make_listing: Callable[..., Listing]) -> None:
    listing = make_listing(quantity=1)
    stock.hold(listing.pk, pieces=1, buyer_id=buyer.pk)
    Listing.objects.filter(pk=listing.pk).update(state="archived")

    stock.sell(listing.pk, pieces=1)

    listing.refresh_from_db()
    assert (listing.state, listing.sold) == ("archived", 1)


def read_then_write(listing_id: UUID, buyer_id: UUID, together: threading.Barrier) -> bool:
    """The way that is not ours: the negative control."""
    listing = Listing.objects.get(pk=listing_id)
    together.wait()
    if listing.available < 1:
        return False
    with connection.cursor() as cursor:
        cursor.execute("UPDATE listings_listing SET reserved = %s WHERE id = %s", [listing.reserved + 1, listing_id])
    return True


def hold_one(listing_id: UUID, buyer_id: UUID, together: threading.Barrier) -> bool:
    together.wait()
    return stock.hold(listing_id, pieces=1, buyer_id=buyer_id) is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("way", "is_safe"), [(hold_one, True), (read_then_write, False)])
def test_twelve_buyers_of_three_pieces_get_three(
    buyer: User, make_listing: Callable[..., Listing], way: Callable[..., bool], is_safe: bool
) -> None:
    listing = make_listing(quantity=3)
    together, got = threading.Barrier(12), []

    def buy() -> None:
        try:
            got.append(way(listing.pk, buyer.pk, together))
        finally:
            connection.close()

    threads = [threading.Thread(target=buy) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(got) == 3) is is_safe
