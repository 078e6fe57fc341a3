"""Cards follow whatever changes a listing, by whatever road, also two at once; without one, nothing is missing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.db.models import F
from pytest_django import Settings

from accounts.models import User
from listings.models import Card, Category, Listing, Photo
from listings.search import one
from listings.search.criteria import Criteria
from listings.search.finding import Window, find
from listings.serializers.listings import ListingOut
from listings.services import stock
from marketplace.common.ids import uuid7
from marketplace.common.jsonio import dumps, loads

Make = Callable[..., Listing]
COLUMNS = {
    "title": "Another",
    "description": "It has another text",
    "price_cents": 7,
    "currency": "USD",
    "condition": "like_new",
    "reserved": 1,
    "sold": 1,
    "quantity": 8,
    "state": "sold",
    "brand": None,
    "location": Point(-79.5, -2.5, srid=4326),
    "price_suggestion_used": True,
    "quick_view_enabled": False,
    "created_at": datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    "updated_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "version": F("version") + 1,
}
# Not in the item, or changed by a test of their own
UNSEEN = {"id", "number", "seller", "category", "hidden_at", "hidden_reason", "removed_at", "seller_is_active"}


def shown(listing: Listing, viewer: User) -> Any:
    answer = one.show(listing.pk, viewer)
    return None if answer is None else loads(answer.body)


def expected(listing: Listing, viewer: User) -> Any:
    plain = Listing.objects.with_photos().get(pk=listing.pk)
    return loads(dumps(ListingOut(plain, context={"viewer": viewer}).data))


def add_photo(listing: Listing, **facts: Any) -> Photo:
    key = f"listings/{listing.pk}/{uuid7()}.png"
    facts = {"storage_key": key, "content_type": "image/png", "size_bytes": 1, "state": "ready", **facts}
    photo: Photo = Photo.objects.create(listing=listing, **facts)
    return photo


@pytest.mark.django_db
@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_by_a_bulk_statement_is_seen(make_listing: Make, buyer: User, column: str) -> None:
    listing = make_listing(quantity=3)

    Listing.objects.filter(pk=listing.pk).update(**{column: COLUMNS[column]})

    assert shown(listing, buyer) == expected(listing, buyer)


def test_there_is_a_change_of_each_column_that_is_shown() -> None:
    written = {field.name for field in Listing._meta.local_fields if field.editable and not field.generated}
    assert {*COLUMNS, *UNSEEN} >= written


@pytest.mark.django_db
def test_another_seller_or_category_is_seen(make_listing: Make, buyer: User, make_person: Callable[..., User]) -> None:
    listing = make_listing()
    category = Category.objects.exclude(pk=listing.category_id).first()

    Listing.objects.filter(pk=listing.pk).update(category=category)
    assert shown(listing, buyer) == expected(listing, buyer)

    Listing.objects.filter(pk=listing.pk).update(seller=make_person("another"))
    assert shown(listing, buyer) == expected(listing, buyer)


@pytest.mark.django_db
def test_pictures_that_come_change_and_go_are_seen(make_listing: Make, buyer: User) -> None:
    listing = make_listing()
    photo, other = add_photo(listing), add_photo(listing, state="waiting", position=1)
    assert len(shown(listing, buyer)["photos"]) == 2

    Photo.objects.filter(pk=other.pk).update(state="ready", colour="#102030", width=4, height=3)
    assert shown(listing, buyer) == expected(listing, buyer)

    photo.delete()
    assert shown(listing, buyer) == expected(listing, buyer)
    assert [entry["id"] for entry in shown(listing, buyer)["photos"]] == [str(other.pk)]


@pytest.mark.django_db
def test_a_worker_that_takes_a_picture_in_hand_draws_nothing(make_listing: Make) -> None:
    listing = make_listing()
    photo = add_photo(listing)
    Card.objects.filter(pk=listing.pk).update(tail="untouched")

    Photo.objects.filter(pk=photo.pk).update(attempts=F("attempts") + 1, due_at=None)

    assert Card.objects.get(pk=listing.pk).tail == "untouched"


@pytest.mark.django_db
def test_without_a_card_the_listing_is_drawn_anew(make_listing: Make, buyer: User) -> None:
    listing = make_listing()
    add_photo(listing)
    Card.objects.all().delete()

    assert shown(listing, buyer) == expected(listing, buyer)
    assert loads(find(Criteria(), buyer, Window()).items) == [expected(listing, buyer)]


@pytest.mark.django_db
def test_the_address_of_files_is_a_setting_and_nobody_can_write_it(
    make_listing: Make, buyer: User, settings: Settings
) -> None:
    tricks = '\x01 "image_url":" \\u0001 "300" : "'
    listing = make_listing(title=f"x {tricks}", description=tricks)
    photo = add_photo(listing)
    settings.BASE_URL = "https://elsewhere.example"

    item = shown(listing, buyer)

    assert item == expected(listing, buyer)
    assert item["description"] == tricks
    assert item["photos"][0]["image_url"] == f"https://elsewhere.example/media/{photo.storage_key}"


@pytest.mark.django_db
def test_the_seller_sees_the_exact_place_and_others_do_not(make_listing: Make, buyer: User, seller: User) -> None:
    listing = make_listing(seller=seller)

    assert shown(listing, seller) == expected(listing, seller)
    assert shown(listing, buyer) == expected(listing, buyer)


@pytest.mark.django_db(transaction=True)
def test_two_pictures_that_get_ready_at_once_are_both_seen(make_listing: Make, buyer: User) -> None:
    listing = make_listing()
    photos = [add_photo(listing, state="waiting", position=number) for number in range(2)]
    has_changed, may_commit = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            Photo.objects.filter(pk=photos[0].pk).update(state="ready")
            has_changed.set()
            may_commit.wait(20)
        connection.close()

    def second() -> None:
        has_changed.wait(20)
        Photo.objects.filter(pk=photos[1].pk).update(state="ready")  # waits for the first one's card
        connection.close()

    workers = [threading.Thread(target=work) for work in (first, second)]
    for worker in workers:
        worker.start()
    has_changed.wait(20)
    _wait_until_somebody_waits_for_a_lock()
    may_commit.set()
    for worker in workers:
        worker.join(20)

    assert [photo["state"] for photo in shown(listing, buyer)["photos"]] == ["ready", "ready"]
    assert shown(listing, buyer) == expected(listing, buyer)


def _wait_until_somebody_waits_for_a_lock() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(2_000):
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.005)
    pytest.fail("nobody waits")


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["hold", "sell"])
def test_pieces_held_and_sold_are_seen_and_write_no_card(
    make_listing: Make, buyer: User, seller: User, step: str
) -> None:
    tricks = '"quantity":3, "version":1 "updated_at":"now"'
    listing = make_listing(seller=seller, title=tricks, description=f"{tricks},", quantity=3)
    add_photo(listing)
    before = written(listing)

    stock.hold(listing.pk, pieces=2, buyer_id=buyer.pk)
    if step == "sell":
        stock.sell(listing.pk, pieces=2)

    assert written(listing) == before
    for viewer in (buyer, seller):
        assert shown(listing, viewer) == expected(listing, viewer)
    assert (shown(listing, buyer)["quantity"], shown(listing, buyer)["description"]) == (1, f"{tricks},")


def written(listing: Listing) -> Any:
    """Where the card's row stands, and which transaction wrote it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text, xmin::text FROM listings_card WHERE listing_id = %s", [listing.pk])
        return cursor.fetchone()


@pytest.mark.django_db
def test_a_piece_that_is_held_computes_nothing_of_the_listing_anew(make_listing: Make) -> None:
    """A trigger before updates of rows would: see the migration 0011_words_afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'listings_listing'::regclass AND NOT tgisinternal"
            " AND tgtype & 1 = 1 AND tgtype & 2 = 2 AND tgtype & 16 = 16"  # for each row, before, update
        )
        assert cursor.fetchall() == []
