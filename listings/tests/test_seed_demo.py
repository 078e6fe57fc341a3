"""`manage.py seed_demo`: a campus on developers' machines, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.demo import campus, offers, people
from listings.demo.chance import key
from listings.models import Brand, Category, Favourite, Listing, ListingPrice, Photo
from marketplace.common.models import OutboxEvent
from marketplace.common.storage import get_store
from marketplace.tests.production import prepare

SMALL = {"users": 6, "listings": 60, "photos": 4}
DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def local_folder(settings: Settings, tmp_path: Path) -> None:
    settings.IS_LOCAL = True
    settings.MEDIA_ROOT = tmp_path


def seed_demo(**options: Any) -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out, **{**SMALL, **options})
    return out.getvalue().strip()


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Listing, ListingPrice, Photo, Favourite, Brand))


def test_a_seed_and_a_position_decide_everything_but_the_day() -> None:
    today, later = (offers.offer(7, 12, midnight=day) for day in (DAY, DAY + timedelta(days=30)))

    assert later.created_at - today.created_at == timedelta(days=30)
    assert [cents for cents, _ in later.prices] == [cents for cents, _ in today.prices]
    told = ("id", "title", "description", "category", "condition", "quantity", "place", "state", "seller")
    assert [getattr(later, name) for name in told] == [getattr(today, name) for name in told]
    assert offers.offer(8, 12, midnight=DAY) != today
    assert people.person(7, 3, midnight=DAY).username == people.person(7, 3, midnight=DAY).username


def test_ids_look_like_any_other_and_are_ordered() -> None:
    ids = [key(1, "listing", n) for n in range(50)]

    assert {one.version for one in ids} == {7}
    assert ids == sorted(ids)
    assert not set(ids) & {key(2, "listing", n) for n in range(50)}


@pytest.mark.django_db
def test_it_makes_what_was_asked_for_and_a_second_call_nothing() -> None:
    said = seed_demo()
    after_first = counts()
    again = seed_demo()

    assert said.startswith("Added 6 people, 60 listings, 4 pictures, ")
    assert after_first[:2] == (6, 60)
    assert after_first[2] >= 60
    assert again == "Nothing to add: this campus is here already."
    assert counts() == after_first


@pytest.mark.django_db(transaction=True)
def test_many_are_copied_in_parts_side_by_side_and_nothing_else_is_different(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campus, "ROWS_AT_ONCE", 20)
    said = seed_demo()
    in_parts = sorted(Listing.objects.values_list("id", "title", "price_cents"))
    again = seed_demo()

    assert said.startswith("Added 6 people, 60 listings, 4 pictures, ")
    assert again == "Nothing to add: this campus is here already."
    offered = [offers.offer(1, n, midnight=DAY) for n in range(60)]
    assert in_parts == sorted((one.id, one.title, one.prices[-1][0]) for one in offered)


@pytest.mark.django_db
def test_a_larger_call_adds_what_is_missing_and_leaves_the_rest_alone() -> None:
    seed_demo(listings=30)
    changed = Listing.objects.newest().first()
    assert changed is not None
    Listing.objects.filter(pk=changed.pk).update(title="Mine now")

    said = seed_demo(users=8)

    assert said.startswith("Added 2 people, 30 listings, ")
    assert Listing.objects.get(pk=changed.pk).title == "Mine now"


@pytest.mark.django_db
def test_another_seed_is_another_campus_beside_it() -> None:
    seed_demo(photos=0)
    seed_demo(photos=0, seed=2)

    assert (User.objects.count(), Listing.objects.count()) == (12, 120)


@pytest.mark.django_db
def test_outside_local_it_refuses_and_makes_nothing(settings: Settings) -> None:
    settings.IS_LOCAL = False

    with pytest.raises(CommandError, match="developers' machines only"):
        seed_demo()

    assert not User.objects.exists()
    assert not Category.objects.exists()


@pytest.mark.django_db
def test_listings_without_people_are_refused() -> None:
    with pytest.raises(CommandError, match="--users"):
        seed_demo(users=0)

    assert not Listing.objects.exists()


@pytest.mark.django_db
def test_nobody_can_sign_in_as_one_of_them(anonymous: APIClient) -> None:
    seed_demo(listings=0, photos=0)

    for person in User.objects.all():
        assert not person.has_usable_password()
        body = {"email": person.email, "password": person.password}
        assert anonymous.post("/v1/auth/login", body).status_code == 401


@pytest.mark.django_db
def test_a_name_that_somebody_has_already_stays_theirs(make_person: Callable[..., User]) -> None:
    taken = make_person(people.person(1, 0, midnight=DAY).username)

    seed_demo()

    assert User.objects.get(username=taken.username) == taken
    assert User.objects.count() == 6
    assert not Listing.objects.filter(seller=taken).exists()
    assert Listing.objects.count() == 60


@pytest.mark.django_db
def test_what_is_made_is_believable() -> None:
    seed_demo(listings=300, photos=0)
    rows = Listing.objects.prefetch_related("prices")

    assert set(rows.values_list("state", flat=True)) == set(Listing.State.values)
    assert rows.on_offer().count() > 200
    assert not rows.filter(created_at__gt=timezone.now()).exists()
    assert len(set(rows.values_list("category", flat=True))) == 5
    assert rows.filter(location__isnull=False).count() > 250
    for listing in rows:
        told = [price.price_cents for price in sorted(listing.prices.all(), key=lambda price: price.pk)]
        assert told[-1] == listing.price_cents
        assert len(told) == listing.version
        assert told == sorted(told, reverse=True)
        assert 1_000_00 <= listing.price_cents <= 10_000_000_00
        assert listing.search


@pytest.mark.django_db
def test_favourites_are_of_what_others_offer() -> None:
    seed_demo()

    liked = Favourite.objects.select_related("listing")
    assert liked.count() > 10
    assert all(one.user_id != one.listing.seller_id and one.listing.is_active for one in liked)


@pytest.mark.django_db
def test_it_is_found_and_its_pictures_are_shown(signed_in: Callable[..., APIClient], buyer: User) -> None:
    seed_demo()
    client, photo = signed_in(buyer), Photo.objects.select_related("listing").earliest("id")

    shown = client.get(f"/v1/listings/{photo.listing_id}").json()["photos"][0]

    assert (shown["state"], shown["width"], shown["height"]) == ("ready", 1_000, 750)
    assert shown["colour"].startswith("#")
    for wanted, url in [(1_000, shown["image_url"]), *((int(size), url) for size, url in shown["thumbnails"].items())]:
        reply = client.get("/media/" + url.partition("/media/")[2])
        assert (reply.status_code, reply["Content-Type"]) == (200, "image/jpeg")
        assert Image.open(BytesIO(reply.getvalue())).width == wanted
    assert all(get_store().head(name) is not None for photo in Photo.objects.all() for name in photo.keys)


@pytest.mark.django_db
def test_pictures_go_to_the_newest_on_offer_and_differ() -> None:
    seed_demo()

    with_pictures = set(Photo.objects.values_list("listing", flat=True))
    newest = Listing.objects.on_offer().newest().values_list("pk", flat=True)[: len(with_pictures)]
    assert with_pictures == set(newest)
    assert Photo.objects.values("fingerprint").distinct().count() == 4


@pytest.mark.django_db
def test_nothing_of_it_is_announced() -> None:
    before = OutboxEvent.objects.count()

    seed_demo()

    assert OutboxEvent.objects.count() == before


# ── The first start ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_first_local_start_shows_a_living_campus(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEMO_DATA = True
    small = campus.Plan(users=5, listings=20, photos=1)
    monkeypatch.setattr(campus, "Plan", lambda: small)

    first, second = prepare(), prepare()

    assert "Demo campus made: 5 people, 20 listings, 1 pictures" in first
    assert "Demo campus" not in second


@pytest.mark.django_db
def test_a_start_leaves_a_market_that_has_listings_alone(
    settings: Settings, make_listing: Callable[..., Listing]
) -> None:
    settings.DEMO_DATA = True
    listing = make_listing()

    prepare()

    assert list(Listing.objects.all()) == [listing]


@pytest.mark.django_db
def test_demo_data_off_leaves_an_empty_market_empty(settings: Settings) -> None:
    settings.DEMO_DATA = False

    prepare()

    assert not Listing.objects.exists()
