"""Offers and counter-offers: whose word it is, until when, and the price that an order is then made at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import Listing
from marketplace.common.models import OutboxEvent
from orders.models import Offer, Order
from orders.services import offering
from orders.tests.conftest import PRICE
from orders.tests.parties import at_once

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]
LESS = PRICE - 10_000


def made(client: APIClient, listing: Listing, price_cents: int = LESS, **body: Any) -> Any:
    return client.post(f"/v1/listings/{listing.pk}/offers", {"price_cents": price_cents, **body})


def say(client: APIClient, offer: Offer, word: str, **body: Any) -> Any:
    return client.post(f"/v1/offers/{offer.pk}/{word}", body)


def ordered(client: APIClient, offer: Offer, **body: Any) -> Any:
    return client.post("/v1/orders", {"listing_id": str(offer.listing_id), "offer_id": str(offer.pk), **body})


def run_out(offer: Offer) -> None:
    Offer.objects.filter(pk=offer.pk).update(expires_at=Now() - timedelta(seconds=1))


@pytest.fixture
def offer(buyer: User, listing: Listing) -> Offer:
    return offering.make(buyer, listing.pk, price_cents=LESS)


@pytest.fixture
def agreed(seller: User, offer: Offer) -> Offer:
    return offering.accept(seller, offer.pk)


def test_a_buyer_makes_one_and_a_chat_hears_of_it(
    signed_in: SignIn, buyer: User, seller: User, listing: Listing
) -> None:
    reply = made(signed_in(buyer), listing)

    assert reply.status_code == 201
    expected = {"made_by": "buyer", "price_cents": LESS, "quantity": 1, "currency": "COP", "state": "open"}
    assert expected.items() <= reply.json().items()
    event = OutboxEvent.objects.get(kind="offer.made").payload
    assert (event["buyer_id"], event["seller_id"], event["price_cents"]) == (str(buyer.pk), str(seller.pk), LESS)
    assert signed_in(seller).get("/v1/offers?role=seller").json()["items"] == [reply.json()]
    assert signed_in(seller).get("/v1/offers?role=buyer").json()["items"] == []


def test_neither_side_names_a_price_that_there_are_no_coins_for(
    signed_in: SignIn, buyer: User, seller: User, make_listing: Callable[..., Listing]
) -> None:
    listing = make_listing(currency="JPY", price_cents=50_000)

    refused = made(signed_in(buyer), listing, 40_050)
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "price_cents"])
    asked = made(signed_in(buyer), listing, 40_000).json()

    assert signed_in(seller).post(f"/v1/offers/{asked['id']}/counter", {"price_cents": 45_001}).status_code == 422
    assert Offer.objects.get(pk=asked["id"]).state == "open"


def test_not_on_one_s_own_thing_nor_on_one_that_is_not_there(
    signed_in: SignIn, buyer: User, seller: User, listing: Listing
) -> None:
    assert made(signed_in(seller), listing).status_code == 400
    assert made(signed_in(buyer), listing, quantity=2).json()["code"] == "out_of_stock"
    assert made(signed_in(buyer), listing, price_cents=-1).status_code == 422
    signed_in(seller).put(f"/v1/users/{buyer.pk}/block")
    assert made(signed_in(buyer), listing).status_code == 404
    Listing.objects.filter(pk=listing.pk).update(state=Listing.State.PAUSED)
    assert made(signed_in(buyer), listing).status_code == 404
    assert not Offer.objects.exists()


def test_one_at_a_time_until_it_has_run_out(signed_in: SignIn, buyer: User, listing: Listing, offer: Offer) -> None:
    assert made(signed_in(buyer), listing).json()["code"] == "offer_exists"

    run_out(offer)

    assert made(signed_in(buyer), listing).status_code == 201
    assert Offer.objects.get(pk=offer.pk).state == "expired"


def test_a_counter_offer_takes_its_place_and_turns_the_question_round(
    signed_in: SignIn, buyer: User, seller: User, offer: Offer
) -> None:
    assert say(signed_in(buyer), offer, "counter", price_cents=1).status_code == 403
    reply = say(signed_in(seller), offer, "counter", price_cents=PRICE - 1)

    assert reply.status_code == 201
    expected = {"parent_id": str(offer.pk), "made_by": "seller", "price_cents": PRICE - 1, "state": "open"}
    assert expected.items() <= reply.json().items()
    assert Offer.objects.get(pk=offer.pk).state == "countered"
    second = Offer.objects.get(pk=reply.json()["id"])
    assert say(signed_in(seller), second, "accept").status_code == 403
    assert say(signed_in(buyer), second, "accept").json()["state"] == "accepted"
    assert say(signed_in(seller), offer, "counter", price_cents=1).status_code == 409


@pytest.mark.parametrize(("word", "who", "other"), [
    ("accept", "seller", "buyer"), ("decline", "seller", "buyer"), ("withdraw", "buyer", "seller"),
])  # fmt: skip
def test_each_word_is_one_side_s_and_said_twice_is_said_once(
    word: str, who: str, other: str, request: pytest.FixtureRequest, signed_in: SignIn, stranger: User, offer: Offer
) -> None:
    wrong, right = (signed_in(request.getfixturevalue(name)) for name in (other, who))
    assert (say(wrong, offer, word).status_code, say(signed_in(stranger), offer, word).status_code) == (403, 404)
    assert Offer.objects.get(pk=offer.pk).state == "open"

    replies = [say(right, offer, word) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json() == replies[1].json()
    assert OutboxEvent.objects.filter(kind=f"offer.{replies[0].json()['state']}").count() == 1


def test_after_one_word_no_other_counts(signed_in: SignIn, buyer: User, seller: User, agreed: Offer) -> None:
    for client, word in ((signed_in(buyer), "withdraw"), (signed_in(seller), "decline")):
        reply = say(client, agreed, word)
        assert (reply.status_code, reply.json()["state"]) == (409, "accepted")
    assert Offer.objects.get(pk=agreed.pk).state == "accepted"


def test_what_has_run_out_cannot_be_accepted(signed_in: SignIn, seller: User, offer: Offer) -> None:
    run_out(offer)

    reply = say(signed_in(seller), offer, "accept")

    assert (reply.status_code, reply.json()["state"]) == (409, "expired")
    assert signed_in(seller).get(f"/v1/offers/{offer.pk}").json()["state"] == "expired"
    assert not OutboxEvent.objects.filter(kind="offer.accepted").exists()


def test_a_stranger_sees_no_offers(signed_in: SignIn, stranger: User, moderator: User, offer: Offer) -> None:
    for who in (stranger, moderator):
        assert signed_in(who).get(f"/v1/offers/{offer.pk}").status_code == 404
        assert signed_in(who).get("/v1/offers").json()["items"] == []


def test_an_order_is_made_at_the_agreed_price(signed_in: SignIn, buyer: User, agreed: Offer) -> None:
    reply = ordered(signed_in(buyer), agreed)

    assert reply.status_code == 201
    assert (reply.json()["total_cents"], reply.json()["unit_price_cents"]) == (LESS, LESS)
    assert str(Offer.objects.get(pk=agreed.pk).order_id) == reply.json()["id"]


def test_as_many_as_were_agreed(signed_in: SignIn, buyer: User, seller: User, make_order: Callable[..., Order]) -> None:
    thing = make_order(of=5).listing
    offer = offering.make(buyer, thing.pk, price_cents=100, quantity=3)
    offering.accept(seller, offer.pk)
    reserved = Listing.objects.get(pk=thing.pk).reserved

    fewer = ordered(signed_in(buyer), offer, quantity=1)
    assert (fewer.status_code, fewer.json()["code"]) == (409, "offer_of_something_else")
    assert Listing.objects.get(pk=thing.pk).reserved == reserved
    lied = ordered(signed_in(buyer), offer, total_cents=299)
    assert (lied.status_code, lied.json()["code"]) == (409, "price_changed")
    reply = ordered(signed_in(buyer), offer, total_cents=300)
    assert (reply.status_code, reply.json()["quantity"], reply.json()["total_cents"]) == (201, 3, 300)


def test_once_for_each_offer_and_in_time(
    signed_in: SignIn, buyer: User, seller: User, make_order: Callable[..., Order]
) -> None:
    thing = make_order(of=5).listing
    first = offering.accept(seller, offering.make(buyer, thing.pk, price_cents=1).pk)
    late = offering.accept(seller, offering.make(buyer, thing.pk, price_cents=2).pk)
    run_out(late)
    client, before = signed_in(buyer), Order.objects.count()
    phone = {"client_id": "01890000-0000-7000-8000-000000000001"}

    replies = [ordered(client, first, **phone), ordered(client, first, **phone), ordered(client, first)]

    assert [reply.status_code for reply in replies] == [201, 200, 409]
    assert ordered(client, late).status_code == 409
    assert Order.objects.count() == before + 1


def test_nobody_orders_at_another_s_price_nor_before_it_is_agreed(
    signed_in: SignIn, buyer: User, seller: User, stranger: User, listing: Listing, offer: Offer,
    make_order: Callable[..., Order],
) -> None:  # fmt: skip
    other = make_order(of=2).listing
    before = Order.objects.count()
    assert ordered(signed_in(buyer), offer).status_code == 409  # nobody has said yes
    offering.accept(seller, offer.pk)

    assert ordered(signed_in(stranger), offer).status_code == 404
    elsewhere = ordered(signed_in(buyer), offer, listing_id=str(other.pk))
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "offer_of_something_else")
    assert Order.objects.count() == before


def test_what_was_offered_stays_offered(agreed: Offer) -> None:
    for change in ({"price_cents": 1}, {"state": "declined"}):
        with pytest.raises(DatabaseError, match="cannot change"), transaction.atomic():
            Offer.objects.filter(pk=agreed.pk).update(**change)


@pytest.mark.django_db(transaction=True)
def test_accepted_and_withdrawn_at_once_has_one_winner(
    signed_in: SignIn, buyer: User, seller: User, offer: Offer
) -> None:
    ours, theirs = signed_in(buyer), signed_in(seller)
    answers = [lambda: say(theirs, offer, "accept"), lambda: say(theirs, offer, "decline")]

    replies = at_once([*answers, lambda: say(ours, offer, "withdraw")])

    assert sorted(reply.status_code for reply in replies) == [200, 409, 409]
    words = ("accepted", "declined", "withdrawn")
    assert OutboxEvent.objects.filter(kind__in=[f"offer.{word}" for word in words]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_condition_both_would_win(
    buyer: User, seller: User, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the UPDATE asks nothing, and the trigger behind it looks away."""
    monkeypatch.setattr(offering, "_open", lambda offer_id: Offer.objects.filter(pk=offer_id))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE orders_offer DISABLE TRIGGER offer_guarded")
    try:
        at_once([lambda: offering.accept(seller, offer.pk), lambda: offering.withdraw(buyer, offer.pk)])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE orders_offer ENABLE TRIGGER offer_guarded")
    assert OutboxEvent.objects.filter(kind__in=["offer.accepted", "offer.withdrawn"]).count() == 2


@pytest.mark.django_db(transaction=True)
def test_ordered_by_many_at_once_it_is_one_order(
    signed_in: SignIn, buyer: User, seller: User, make_order: Callable[..., Order]
) -> None:
    thing = make_order(of=20).listing
    offer = offering.accept(seller, offering.make(buyer, thing.pk, price_cents=1).pk)
    clients = [signed_in(buyer) for _ in range(8)]

    replies = at_once([lambda c=client: ordered(c, offer) for client in clients])  # type: ignore[misc]

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert Order.objects.filter(unit_price_cents=1).count() == 1


@pytest.mark.django_db(transaction=True)
def test_made_by_many_at_once_it_is_one_offer(signed_in: SignIn, buyer: User, listing: Listing) -> None:
    clients = [signed_in(buyer) for _ in range(8)]

    replies = at_once([lambda c=client: made(c, listing) for client in clients])  # type: ignore[misc]

    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert Offer.objects.count() == 1
