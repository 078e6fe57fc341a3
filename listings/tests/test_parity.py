"""What PostgreSQL writes for the hot doors, against the plain queryset and serializer: row by row, field by field."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from listings.models import Brand, Category, Listing, Photo
from listings.models.listing import point
from listings.search import one
from listings.search.criteria import Circle, Criteria, Sort, found
from listings.search.finding import Window, find
from listings.serializers.listings import ListingOut
from marketplace.common.ids import uuid7
from marketplace.common.jsonio import dumps, loads

pytestmark = pytest.mark.django_db
WORDS = ["Mouse", "Cámara", "libro", "ñandú", "x1", "日本語", "😀", 'say "hi"', "back\\slash", "</script>", "tab\there"]
PLACES = [
    *[None, (0.0, 0.0), (4.6, -74.07), (4.6, -74.07), (90.0, 0.0), (-90.0, 17.0), (89.99, 179.99), (89.995, -3.0)],
    *[(0.0, 179.995), (0.0, -179.995), (0.0, 180.0), (0.0, -180.0), (-33.123456789, 151.987654321), (1e-7, -1e-7)],
]
CIRCLES = [
    None,
    *[Circle(4.6, -74.07, 5), Circle(4.6, -74.07, 0), Circle(90, 0, 3), Circle(89.99, 10, 800), Circle(0, 180, 2)],
    *[Circle(0, -179.99, 1.2), Circle(0, 0, 20_038), Circle(-33.1, 152, 300)],
]


@pytest.fixture(params=range(3))
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


@pytest.fixture
def things(dice: random.Random, catalog: dict[str, Category], seller: User, stranger: User) -> list[Listing]:
    categories = [*catalog.values(), Category.objects.create(slug="sub", name="Sub", parent=catalog["laptops"])]
    brands = [None, *Brand.objects.order_by("slug")]
    rows = [_random_listing(dice, categories, brands, dice.choice([seller, stranger])) for _ in range(60)]
    Listing.objects.bulk_create(rows)
    Photo.objects.bulk_create(photo for row in rows for photo in _random_photos(dice, row))
    return rows


def _random_listing(dice: random.Random, categories: list[Any], brands: list[Any], seller: User) -> Listing:
    place = dice.choice([*PLACES, (dice.uniform(-90, 90), dice.uniform(-180, 180))])
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(3))
    moment += timedelta(microseconds=dice.choice([0, 1, 100, 120_000, 999_999]))
    quantity = dice.randrange(1, 9)
    return Listing(
        seller=seller,
        title=" ".join(dice.choices(WORDS, k=3)),
        description=dice.choice([None, "", "Poco uso\nuno dos 'tres'", "ünïcødé \u2028 end"]),
        category=dice.choice(categories),
        brand=dice.choice(brands),
        price_cents=dice.choice([0, 1, 500, 500, 2**31, 10**15]),
        currency=dice.choice(["COP", "USD"]),
        condition=dice.choice([None, "", "used", "USED", "ñuevo"]),
        quantity=quantity,
        reserved=dice.randrange(quantity // 2 + 1),
        sold=dice.randrange(quantity // 2 + 1) if quantity > 1 else 0,
        location=point(*place) if place else None,
        price_suggestion_used=dice.random() < 0.5,
        quick_view_enabled=dice.random() < 0.5,
        state=dice.choice([*Listing.State.values, *["live"] * 8]),
        hidden_at=dice.choice([None] * 9 + [moment]),
        removed_at=dice.choice([None] * 9 + [moment]),
        seller_is_active=dice.random() < 0.9,
        version=dice.randrange(1, 99),
        created_at=moment,
        updated_at=moment + timedelta(microseconds=dice.choice([0, 7])),
    )


def _random_photos(dice: random.Random, listing: Listing) -> Iterator[Photo]:
    for _ in range(dice.choice([0, 0, 1, 3])):
        yield Photo(
            listing=listing,
            storage_key=f"listings/{listing.pk}/{uuid7()}.{dice.choice(['png', 'jpg'])}",
            position=dice.randrange(2),
            state=dice.choice(Photo.State.values),
            content_type="image/png",
            size_bytes=1,
            width=dice.choice([None, 640]),
            height=dice.choice([None, 480]),
            colour=dice.choice(["", "#a0b1c2"]),
            created_at=listing.created_at,
        )


def _random_criteria(dice: random.Random, things: list[Listing]) -> Criteria:
    some = dice.choice(things)
    return Criteria(
        q=dice.choice(["", "", "", "mouse", "camara", "libro x1", "ñandu", "mous"]),
        category_id=dice.choice([None, None, some.category_id]),
        brand_id=dice.choice([None, None, None, some.brand_id]),
        min_price=dice.choice([None, None, 1, 500]),
        max_price=dice.choice([None, None, 500, 2**31]),
        condition=dice.choice([None, None, None, "Used", "ÑUEVO"]),
        seller_id=dice.choice([None, None, None, some.seller_id]),
        mine=dice.random() < 0.2,
        near=dice.choice(CIRCLES),
        sort=dice.choice([None, *Sort]),
    )


def expected(criteria: Criteria, viewer: User) -> list[dict[str, Any]]:
    rows = found(criteria, viewer).with_photos()
    shown = loads(dumps(ListingOut(rows, many=True, context={"viewer": viewer}).data))
    if criteria.near is not None:
        for item, row in zip(shown, rows, strict=True):
            item["distance_m"] = round(row.distance / 100) * 100
    return list(shown)


def test_lists_are_what_the_queryset_and_the_serializer_say(
    dice: random.Random, things: list[Listing], seller: User, buyer: User
) -> None:
    for _ in range(60):
        criteria, viewer = _random_criteria(dice, things), dice.choice([seller, buyer])
        hot = find(criteria, viewer, Window(size=200))

        assert loads(hot.items) == expected(hot.criteria, viewer), criteria
        assert (hot.total, hot.total_is_exact, hot.has_next) == (len(expected(hot.criteria, viewer)), True, False)


def test_pages_and_cursors_cut_the_same_list(
    dice: random.Random, things: list[Listing], seller: User, buyer: User
) -> None:
    for _ in range(15):
        criteria, viewer = _random_criteria(dice, things), dice.choice([seller, buyer])
        whole = [item["id"] for item in loads(find(criteria, viewer, Window(size=200)).items)]

        paged = [item["id"] for page in range(1, 12) for item in _page(criteria, viewer, Window(page, 7))]
        assert paged == whole[:77], criteria
        if criteria.order != Sort.BEST:
            assert _walked(criteria, viewer) == whole, criteria


def _page(criteria: Criteria, viewer: User, window: Window) -> list[dict[str, Any]]:
    return list(loads(find(criteria, viewer, window).items))


def _walked(criteria: Criteria, viewer: User) -> list[str]:
    answer = find(criteria, viewer, Window(size=7))
    ids = [item["id"] for item in loads(answer.items)]
    while answer.next_cursor:
        answer = find(criteria, viewer, Window(size=7, cursor=answer.next_cursor))
        ids += [item["id"] for item in loads(answer.items)]
    return ids


def test_common_words_find_the_same_by_the_other_road(
    dice: random.Random, things: list[Listing], buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from listings.search import finding

    for sort in (None, Sort.CHEAPEST, Sort.BEST):
        criteria = Criteria(q="mouse", sort=sort, near=dice.choice(CIRCLES))
        rare = find(criteria, buyer, Window(size=200))
        with monkeypatch.context() as patch:
            patch.setattr(finding, "WORDS_POOL", 0)
            common = find(criteria, buyer, Window(size=200))
        finding.common_words.forget()
        assert common.items == rare.items


def test_single_listings_are_what_the_serializer_says(
    things: list[Listing], seller: User, buyer: User, moderator: User
) -> None:
    for viewer in (seller, buyer, moderator):
        visible = {row.pk: row for row in Listing.objects.visible_to(viewer).with_photos()}
        for thing in things:
            hot = one.show(thing.pk, viewer)
            plain = visible.get(thing.pk)
            assert (hot is None) == (plain is None)
            if hot is not None and plain is not None:
                assert loads(hot.body) == loads(dumps(ListingOut(plain, context={"viewer": viewer}).data))
                assert hot.etag == plain.etag


def test_likeness_is_the_same_too(things: list[Listing], buyer: User) -> None:
    for sort in (None, Sort.BEST, Sort.CHEAPEST):
        hot = find(Criteria(q="mosue camra", sort=sort), buyer, Window(size=200))
        also = find(Criteria(q="ámar", sort=sort), buyer, Window(size=200))

        for answer in (hot, also):
            assert answer.criteria.loosely
            assert loads(answer.items) == expected(replace(answer.criteria), buyer)
