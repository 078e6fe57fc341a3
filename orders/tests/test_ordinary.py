"""The short road of an order and the plain one write the same rows and give the same answer, or the short one nothing.

`placing.place` behind `@idempotent` is the reference: here it is reached by telling the short road that it may not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Session, User
from accounts.services import people
from listings.models import Listing
from marketplace.common.models import IdempotencyRecord, OutboxEvent
from orders.models import Order
from orders.services import ordinary
from orders.tests.racing import at_once

SignedIn = Callable[..., APIClient]
MakeListing = Callable[..., Listing]
MADE_UP = ("id", "number", "order_id", "event_id", "client_id", "key", "hash", "fingerprint", "body")
TABLES = {
    "orders_order": "id = %(order)s",
    "orders_stockhold": "order_id = %(order)s",
    "orders_orderevent": "order_id = %(order)s",
    "orders_deadline": "order_id = %(order)s",
    "common_outboxevent": "payload ->> 'order_id' = %(order)s::text",
    "common_idempotencyrecord": "key = %(key)s",
}


def rows_of(order_id: str, key: str) -> dict[str, list[dict[str, Any]]]:
    """What was written, without what is made up anew for each order."""
    found = {}
    with connection.cursor() as cursor:
        for table, condition in TABLES.items():
            query = f"SELECT to_jsonb(t) FROM {table} t WHERE {condition} ORDER BY to_jsonb(t) ->> 'listener'"
            cursor.execute(query, {"order": order_id, "key": key})
            found[table] = [_plain(json.loads(row), order_id) for (row,) in cursor.fetchall()]
    return found


def _plain(row: Any, order_id: str) -> dict[str, Any]:
    known = {name: value for name, value in row.items() if name not in MADE_UP and not name.endswith("_at")}
    if "payload" in known:
        known["payload"] = {name: value for name, value in known["payload"].items() if value != order_id}
    if "listing_as_bought" in known:
        known["listing_as_bought"] = {**known["listing_as_bought"], "version": "one later for each piece held"}
    return {name: value for name, value in known.items() if name != "at"}


@pytest.mark.django_db
@pytest.mark.parametrize("facts", [{}, {"quantity": 3}, {"total_cents": 300_007 * 2, "quantity": 2, "currency": "COP"}])
@pytest.mark.parametrize("fee", [(0, 0, 0), (850, 50, 0), (333, 0, 9_000), (1, 400_000, 0)])
def test_both_roads_write_the_same_rows_and_answer_alike(
    signed_in: SignedIn,
    buyer: User,
    make_listing: MakeListing,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    facts: dict[str, Any],
    fee: tuple[int, int, int],
) -> None:
    settings.ORDER_FEE_BPS, settings.ORDER_FEE_MIN_CENTS, settings.ORDER_FEE_MAX_CENTS = fee
    thing = make_listing(of=9, price_cents=300_007, description="Ñandú «nuevo» 😀")
    client = signed_in(buyer)

    def ordered(key: str) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
        wish = {"listing_id": str(thing.pk), "client_id": str(uuid4()), **facts}
        reply = client.post("/v1/orders", wish, HTTP_IDEMPOTENCY_KEY=key)
        again = client.post("/v1/orders", wish, HTTP_IDEMPOTENCY_KEY=key)
        assert (reply.status_code, reply["Content-Type"], again.content) == (201, "application/json", reply.content)
        return reply.json(), rows_of(reply.json()["id"], key)

    short, short_rows = ordered("short")
    monkeypatch.setattr(ordinary, "place", lambda **_: None)
    plain, plain_rows = ordered("plain")

    assert short_rows == plain_rows
    assert all(short_rows.values())
    assert list(short) == list(plain)
    made_up = ("id", "client_id", "created_at", "updated_at")
    assert {**short, **dict.fromkeys(made_up)} == {**plain, **dict.fromkeys(made_up)}


@pytest.mark.django_db
@pytest.mark.parametrize(("currency", "fee"), [("COP", 25_50), ("CLP", 25_00), ("XPF", 25_00)])
def test_both_roads_take_the_fee_in_whole_coins(
    signed_in: SignedIn,
    buyer: User,
    make_listing: MakeListing,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    currency: str,
    fee: int,
) -> None:
    settings.ORDER_FEE_BPS = 250
    wish = {"listing_id": str(make_listing(of=2, price_cents=1_020_00, currency=currency).pk)}

    short = signed_in(buyer).post("/v1/orders", wish).json()
    monkeypatch.setattr(ordinary, "place", lambda **_: None)
    plain = signed_in(buyer).post("/v1/orders", wish).json()

    assert (short["fee_cents"], plain["fee_cents"]) == (fee, fee)


@pytest.mark.django_db
def test_the_answer_is_the_serializers_to_the_byte(signed_in: SignedIn, buyer: User, listing: Listing) -> None:
    client = signed_in(buyer)

    reply = client.post("/v1/orders", {"listing_id": str(listing.pk)}, HTTP_IDEMPOTENCY_KEY="k")

    assert reply.content == client.get(f"/v1/orders/{reply.json()['id']}").content
    assert bytes(IdempotencyRecord.objects.get(key="k").body or b"") == reply.content
    order = Order.objects.get()
    assert order.created_at == order.updated_at == order.events.get().at


@pytest.mark.django_db
def test_an_ordinary_order_is_one_statement(
    signed_in: SignedIn, buyer: User, listing: Listing, django_assert_num_queries: Any
) -> None:
    client = signed_in(buyer)

    with django_assert_num_queries(3):  # the test's own transaction adds a savepoint before and after
        assert client.post("/v1/orders", {"listing_id": str(listing.pk)}).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("road", ["signed out", "disabled"])
def test_whoever_is_not_welcome_any_more_orders_nothing(
    signed_in: SignedIn, buyer: User, listing: Listing, road: str
) -> None:
    client = signed_in(buyer)
    if road == "disabled":
        User.objects.filter(pk=buyer.pk).update(is_active=False)
    else:
        Session.objects.filter(user=buyer).update(revoked_at="2026-01-01T00:00:00Z")

    for body in ({"listing_id": str(listing.pk)}, {"listing_id": "nonsense"}):
        assert client.post("/v1/orders", body, HTTP_IDEMPOTENCY_KEY="k").status_code == 401
    listing.refresh_from_db()
    assert (listing.reserved, Order.objects.count(), IdempotencyRecord.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_what_is_refused_leaves_nothing_behind(
    signed_in: SignedIn, buyer: User, seller: User, listing: Listing, settings: Settings
) -> None:
    client = signed_in(buyer)
    wish = {"listing_id": str(listing.pk)}

    def refused(**facts: Any) -> int:
        reply = client.post("/v1/orders", {**wish, **facts}, HTTP_IDEMPOTENCY_KEY=uuid4().hex)
        listing.refresh_from_db()
        assert (listing.reserved, listing.version) == (0, version)
        assert not Order.objects.exists()
        assert not OutboxEvent.objects.filter(kind="order.create").exists()
        assert not IdempotencyRecord.objects.exists()
        return int(reply.status_code)

    version = listing.version
    assert refused(quantity=2) == 409
    assert refused(quantity=1_000_000) == 409
    assert refused(total_cents=1) == 409
    assert refused(currency="USD") == 409
    assert refused(offer_id=str(uuid4())) == 404
    people.block(seller, buyer)
    assert refused() == 404


@pytest.mark.django_db
def test_who_holds_too_much_unpaid_pays_first(
    signed_in: SignedIn, buyer: User, make_listing: MakeListing, settings: Settings
) -> None:
    settings.ORDER_MOST_UNPAID = 2
    wish = {"listing_id": str(make_listing(of=9).pk)}
    client = signed_in(buyer)

    replies = [client.post("/v1/orders", wish) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [201, 201, 409]
    assert replies[2].json()["code"] == "too_many_unpaid"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
def test_the_same_key_at_many_doors_is_one_order_and_one_answer(
    signed_in: SignedIn, buyer: User, make_listing: MakeListing
) -> None:
    thing = make_listing(of=9)
    wish = {"listing_id": str(thing.pk), "client_id": str(uuid4())}
    answers: list[bytes] = []
    statuses = at_once([_order(signed_in(buyer), wish, key="once", answers=answers) for _ in range(10)])

    assert (set(statuses), len(set(answers))) == ({201}, 1)
    thing.refresh_from_db()
    assert (Order.objects.count(), thing.reserved) == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_limits")
def test_the_last_pieces_go_to_as_many_as_there_are(
    signed_in: SignedIn, make_listing: MakeListing, make_person: Callable[..., User]
) -> None:
    thing = make_listing(of=3)
    clients = [signed_in(make_person(f"buyer-{n}")) for n in range(12)]
    statuses = at_once([_order(client, {"listing_id": str(thing.pk)}, key="k") for client in clients])

    assert sorted(statuses) == [201] * 3 + [409] * 9
    thing.refresh_from_db()
    assert (Order.objects.count(), thing.reserved) == (3, 3)


def _order(
    client: APIClient, wish: dict[str, Any], *, key: str | None = None, answers: list[bytes] | None = None
) -> Callable[[], int]:
    def order() -> int:
        headers: dict[str, Any] = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
        reply = client.post("/v1/orders", wish, **headers)
        if answers is not None:
            answers.append(reply.content)
        return int(reply.status_code)

    return order


def test_a_body_that_cannot_be_read_is_said_to_be_that(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)
    broken = '{"listing_id": '
    reply = client.post("/v1/orders", broken, content_type="application/json")
    assert (reply.status_code, reply.json()["detail"][0]["type"]) == (422, "json_invalid")
    User.objects.filter(pk=buyer.pk).update(is_active=False)
    assert client.post("/v1/orders", broken, content_type="application/json").status_code == 401
