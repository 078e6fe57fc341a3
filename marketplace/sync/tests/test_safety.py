"""T44: a delta tells nobody what is not theirs, and a cursor is good for one copy only."""

from __future__ import annotations

import string
from collections.abc import Callable
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Message
from chat.services import groups, opening, sending
from chat.services.sending import Draft
from listings.models import Listing
from listings.services import favourites, listings
from marketplace.sync.models import Log
from marketplace.sync.tests.conftest import Phone
from orders.models import Order

pytestmark = pytest.mark.django_db


def test_T44_anothers_cursor_is_refused(phone: Phone, buyer: User, seller: User) -> None:
    cursors = [phone(person).cursor for person in (buyer, seller, None)]

    for person, own in ((buyer, 0), (seller, 1), (None, 2)):
        client = phone(person).client
        got = [client.get("/v1/sync/delta", {"cursor": cursor}).status_code for cursor in cursors]
        assert got == [200 if n == own else 400 for n in range(3)]


def test_T44_a_cursor_of_the_catalog_is_none_of_a_persons(phone: Phone, buyer: User) -> None:
    client = phone(buyer).client
    cursor = client.get("/v1/catalog/delta").json()["cursor"]

    assert client.get("/v1/sync/delta", {"cursor": cursor}).status_code == 400


def test_T44_any_byte_that_is_another_is_refused(phone: Phone, buyer: User, settings: Settings) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    copy = phone(buyer)
    letters = string.ascii_letters + string.digits + "-_:.="
    for place, letter in enumerate(copy.cursor):
        other = letters[(letters.index(letter) + 1) % len(letters)]
        forged = copy.cursor[:place] + other + copy.cursor[place + 1 :]

        reply = copy.client.get("/v1/sync/delta", {"cursor": forged})
        assert (reply.status_code, reply.json()["code"]) == (400, "invalid_cursor"), place


def test_T44_what_a_moderator_hides_is_deleted_for_who_could_see_it(
    phone: Phone, buyer: User, seller: User, moderator: User, listing: Listing
) -> None:
    copies = [phone(person) for person in (None, buyer, moderator)]
    own = phone(seller)

    listings.hide(listing, actor=moderator, reason="forbidden", now=timezone.now())

    assert all(copy.pull().is_told("deleted listings", listing.pk) for copy in copies)
    assert own.pull().is_told("listings", listing.pk)
    assert own.items["listings"][str(listing.pk)]["is_active"] is False


def test_T44_who_begins_afterwards_hears_nothing_of_it(phone: Phone, moderator: User, listing: Listing) -> None:
    listings.hide(listing, actor=moderator, reason="forbidden", now=timezone.now())

    assert str(listing.pk) not in str(phone(None).answers)


def test_T44_a_draft_is_its_sellers_alone(
    phone: Phone, buyer: User, seller: User, moderator: User, make_listing: Callable[..., Listing]
) -> None:
    """Whatever becomes of it, nobody else hears that it was there."""
    others, own = [phone(person) for person in (None, buyer, moderator)], phone(seller)
    made = make_listing()
    Listing.objects.filter(pk=made.pk).delete()
    draft = listings.offer(seller, facts={"title": "Plan", "price_cents": 1, "category": made.category}, state="draft")
    listings.change(draft.pk, owner=seller, changes={"title": "Plan B"}, now=timezone.now())
    listings.hide(draft, actor=moderator, reason="forbidden", now=timezone.now())

    assert own.pull().items["listings"][str(draft.pk)]["title"] == "Plan B"
    for copy in others:
        copy.pull()
        assert str(draft.pk) not in str(copy.answers)


def test_T44_orders_talk_and_hearts_are_nobody_elses(
    phone: Phone, buyer: User, stranger: User, moderator: User, order: Order, listing: Listing
) -> None:
    copies = [phone(person) for person in (stranger, moderator, None)]
    room, _ = opening.about_listing(buyer, listing.pk)
    said = sending.send(buyer, room.pk, Draft("Solo para ti"))
    favourites.add(buyer, listing)
    Order.objects.filter(pk=order.pk).update(tracking_number="TN-1")

    for copy in copies:
        copy.pull()
        for secret in (order.pk, room.pk, said.message_id, "Solo para ti", "TN-1", buyer.pk):
            assert str(secret) not in str(copy.answers)
        assert copy.items.get("favourites", {}) == {}


def test_T44_what_was_said_before_somebody_came_is_not_told_either(
    phone: Phone, buyer: User, seller: User, stranger: User
) -> None:
    room = groups.create(buyer, name="Mudanza", is_private=True)
    before = sending.send(buyer, room.pk, Draft("antes"))
    copy = phone(seller)
    for person in (seller, stranger):
        groups.invite(buyer, room.pk, person)
        groups.join(person, room.pk)
    after = sending.send(buyer, room.pk, Draft("después"))
    Message.objects.filter(pk=before.message_id).update(body="antes, mejor dicho")

    copy.pull()

    assert copy.is_told("messages", after.message_id)
    assert str(before.message_id) not in str(copy.answers)


def test_who_is_put_out_of_a_room_drops_it_with_all_that_was_said(phone: Phone, buyer: User, seller: User) -> None:
    room = groups.create(buyer, name="Mudanza", is_private=True)
    groups.invite(buyer, room.pk, seller)
    groups.join(seller, room.pk)
    sending.send(buyer, room.pk, Draft("hola"))
    copy = phone(seller)
    assert copy.items["messages"]

    groups.remove(buyer, room.pk, seller.pk, for_good=True)
    later = sending.send(buyer, room.pk, Draft("ya se fue"))
    copy.pull()

    assert copy.is_told("deleted chats", room.pk)
    assert (copy.items["chats"], copy.items["messages"]) == ({}, {})
    assert str(later.message_id) not in str(copy.answers)


def test_T44_who_has_left_and_come_back_meanwhile_drops_what_was_said_before(
    phone: Phone, buyer: User, seller: User
) -> None:
    room = groups.create(buyer, name="Mudanza", is_private=True)
    groups.invite(buyer, room.pk, seller)
    groups.join(seller, room.pk)
    sending.send(buyer, room.pk, Draft("de la primera vez"))
    copy = phone(seller)
    assert len(copy.items["messages"]) == 1

    groups.leave(seller, room.pk)
    groups.invite(buyer, room.pk, seller)
    groups.join(seller, room.pk)
    later = sending.send(buyer, room.pk, Draft("de la segunda"))
    copy.pull()

    assert list(copy.items["messages"]) == [str(later.message_id)]


def test_whoever_comes_into_an_open_room_gets_what_was_said_there(phone: Phone, buyer: User, seller: User) -> None:
    room = groups.create(buyer, name="Mudanza")
    said = sending.send(buyer, room.pk, Draft("hola"))
    copy = phone(seller)
    sending.send(buyer, room.pk, Draft("¿hay alguien?"))
    copy.pull()
    groups.join(seller, room.pk)

    assert copy.pull().is_told("messages", said.message_id)
    assert len(copy.items["messages"]) == 2


def test_a_room_that_is_closed_to_others_takes_back_what_was_said_before_one_came(
    phone: Phone, buyer: User, seller: User
) -> None:
    room = groups.create(buyer, name="Mudanza")
    before = sending.send(buyer, room.pk, Draft("antes"))
    groups.join(seller, room.pk)
    copy, first = phone(seller), phone(buyer)
    assert str(before.message_id) in copy.items["messages"]

    groups.change(buyer, room.pk, is_private=True)
    assert copy.pull().is_told("deleted messages", before.message_id)
    assert str(before.message_id) in first.pull().items["messages"]

    groups.change(buyer, room.pk, is_private=False)
    assert str(before.message_id) in copy.pull().items["messages"]


def test_a_review_that_waits_is_not_told_to_who_was_judged(
    phone: Phone, buyer: User, seller: User, paid: Order
) -> None:
    from orders.services import ending, operations, paying, reviewing

    paying.capture(buyer, paid.pk)
    operations.drive(paid.pk)
    ending.complete(buyer, paid.pk)
    judged = phone(seller)
    first = reviewing.review(buyer, paid.pk, rating=2)
    assert str(first.pk) not in str(judged.pull().answers)

    second = reviewing.review(seller, paid.pk, rating=5)

    assert judged.pull().told["reviews"] == {str(first.pk), str(second.pk)}
    assert set(phone(buyer).items["reviews"]) == {str(first.pk), str(second.pk)}


def test_a_review_that_time_publishes_is_told_although_no_row_changes(
    phone: Phone, buyer: User, seller: User, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from orders import terms
    from orders.services import ending, operations, paying, reviewing

    paying.capture(buyer, paid.pk)
    operations.drive(paid.pk)
    ending.complete(buyer, paid.pk)
    made = reviewing.review(buyer, paid.pk, rating=2)
    copy = phone(seller)
    assert copy.items.get("reviews", {}) == {}

    monkeypatch.setattr(terms, "review_blind_for", lambda: timedelta(0))

    assert copy.pull().is_told("reviews", made.pk)


def test_another_generation_or_a_restored_database_is_410(phone: Phone, buyer: User) -> None:
    copy = phone(buyer)
    Log.objects.update(generation=UUID(int=7))

    reply = copy.client.get("/v1/sync/delta", {"cursor": copy.cursor})

    assert (reply.status_code, reply.json()["code"], reply.json()["reset"]) == (410, "cursor_expired", True)


def test_what_was_forgotten_is_410_for_a_cursor_and_a_new_beginning_for_a_time(
    phone: Phone, buyer: User, listing: Listing, signed_in: Callable[[User], APIClient]
) -> None:
    copy = phone(buyer)
    Log.objects.update(min_floor=2**60)

    assert copy.client.get("/v1/sync/delta", {"cursor": copy.cursor}).status_code == 410
    answer = copy.client.get("/v1/sync/delta", {"since": "2020-01-01"}).json()
    assert answer["reset"] is True
    assert [each["id"] for each in answer["listings"]] == [str(listing.pk)]
