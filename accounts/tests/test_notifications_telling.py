"""Telling people: once each, in their language, and only those who may be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Delivery, Notification, User
from accounts.services import people
from accounts.tests.notices import phone_of, sweep, tell
from marketplace.common.ids import uuid7
from marketplace.common.models import OutboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]


def test_the_same_event_tells_a_person_once_and_each_device_once(buyer: User) -> None:
    phone_of(buyer, "phone")
    phone_of(buyer, "tablet", "ios")
    event_id = uuid7()

    for _ in range(3):
        tell(buyer, event_id=event_id)

    assert Notification.objects.filter(user=buyer).count() == 1
    assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["email", "push", "push"]


def test_a_device_hears_of_an_event_once_though_two_kinds_tell_of_it(buyer: User) -> None:
    phone_of(buyer)
    event_id = uuid7()

    tell(buyer, event_id=event_id)
    tell(buyer, event_id=event_id, kind="account.new_device")

    assert Notification.objects.count() == 2
    assert Delivery.objects.filter(channel="push").count() == 1


def test_a_new_one_takes_the_place_of_the_unread_one_with_its_key(buyer: User) -> None:
    old, between = tell(buyer, collapse_key="room:1")[0], tell(buyer, collapse_key="room:2")[0]
    new = tell(buyer, collapse_key="room:1")[0]

    current = Notification.objects.visible_to(buyer).current().order_by("-pk")

    assert list(current) == [new, between]
    old.refresh_from_db()
    assert old.replaced_at is not None


def test_one_that_was_read_keeps_its_place(buyer: User) -> None:
    read = tell(buyer, collapse_key="room:1")[0]
    Notification.objects.update(read_at=timezone.now())

    new = tell(buyer, collapse_key="room:1")[0]

    assert set(Notification.objects.visible_to(buyer).current()) == {read, new}


def test_a_repeat_of_the_replaced_event_does_not_bring_it_back(buyer: User) -> None:
    earlier, later = uuid7(), uuid7()
    tell(buyer, collapse_key="room:1", event_id=earlier)
    new = tell(buyer, collapse_key="room:1", event_id=later)[0]

    assert tell(buyer, collapse_key="room:1", event_id=earlier) == []

    assert Notification.objects.current().get() == new


@pytest.mark.parametrize("is_read", [False, True])
def test_an_older_event_that_comes_late_takes_nobodys_place(buyer: User, is_read: bool) -> None:
    phone_of(buyer)
    earlier, later = uuid7(), uuid7()
    new = tell(buyer, collapse_key="order:1", event_id=later)[0]
    if is_read:
        Notification.objects.update(read_at=timezone.now())
    Delivery.objects.all().delete()

    assert tell(buyer, collapse_key="order:1", event_id=earlier) == []

    assert Notification.objects.current().get() == new
    assert not Delivery.objects.exists()


def test_one_persons_key_is_not_anothers(buyer: User, seller: User) -> None:
    tell(buyer, collapse_key="room:1")
    tell(seller, collapse_key="room:1")
    assert Notification.objects.current().count() == 2


def test_whoever_is_not_active_is_not_told(buyer: User, seller: User) -> None:
    people.disable(buyer, actor=None, reason="", now=timezone.now())
    assert [told.user for told in tell(buyer, seller)] == [seller]


def test_whoever_was_disabled_meanwhile_gets_nothing_more(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    people.disable(buyer, actor=None, reason="", now=timezone.now())

    sweep()

    assert {row.state for row in Delivery.objects.all()} == {Delivery.State.SKIPPED}


def test_blocks_count_in_both_directions_when_they_are_asked_for(
    buyer: User, seller: User, stranger: User, make_person: Callable[..., User]
) -> None:
    friend = make_person("friend")
    people.block(buyer, seller)
    people.block(seller, stranger)

    told = tell(buyer, stranger, friend, seller, exclude_blocked_with=str(seller.pk))

    assert {note.user for note in told} == {friend, seller}


def test_everybody_reads_their_own_language(make_person: Callable[..., User]) -> None:
    ana, bob, cem = make_person("ana", language="es"), make_person("bob"), make_person("cem", language="tr")

    told = tell(ana, bob, cem, kind="account.password_changed", data={})

    assert {note.user.username: note.title for note in told} == {
        "ana": "Tu contraseña ha cambiado",
        "bob": "Your password was changed",
        "cem": "Your password was changed",
    }


def test_without_an_address_there_is_no_mail_and_without_a_token_no_push(make_person: Callable[..., User]) -> None:
    tell(make_person("silent", email=None))
    assert not Delivery.objects.exists()


def test_what_was_told_is_announced_once_for_all(buyer: User, seller: User) -> None:
    told = tell(buyer, seller)

    event = OutboxEvent.objects.get(kind="notification.created")
    assert sorted(event.payload["notification_ids"]) == sorted(str(note.pk) for note in told)


def test_telling_many_takes_as_many_queries_as_telling_one(
    make_person: Callable[..., User], django_assert_num_queries: Any
) -> None:
    crowd = [make_person(f"person{number}") for number in range(12)]
    for person in crowd:
        phone_of(person)

    for group in (crowd[:1], crowd):
        # savepoint in and out, people, already told, choices, newer, replace, insert, quiet hours, devices, deliveries,
        # announcement
        with django_assert_num_queries(12):
            tell(*group, collapse_key="room:1")
