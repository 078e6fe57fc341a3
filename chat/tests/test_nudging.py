"""Who has not read it after a few seconds is told once for each room, with all that waits as a badge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.test import APIClient

from accounts.models import Block, Notification, User
from chat import tasks
from chat.models import Message, Nudge, Room
from chat.services import marks, nudging, opening, sending, watching
from chat.services.sending import Draft
from listings.models import Listing
from marketplace.common import outbox
from marketplace.common.redisdb import connection as redis_connection

pytestmark = pytest.mark.django_db


def say(user: User, room: Room, *texts: str) -> list[int]:
    return [sending.send(user, room.pk, Draft(text)).seq for text in texts]


def after_a_while(**kwargs: object) -> int:
    Nudge.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))
    return nudging.nudge_due(**kwargs)  # type: ignore[arg-type]


@contextmanager
def in_thread(act: Callable[[], object]) -> Iterator[None]:
    def whole() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = Thread(target=whole)
    thread.start()
    yield
    thread.join(20)
    assert not thread.is_alive()


def told(user: User) -> list[Notification]:
    return list(Notification.objects.filter(user=user, replaced_at__isnull=True).order_by("pk"))


def test_once_for_all_that_was_said(buyer: User, seller: User, room: Room) -> None:
    say(buyer, room, "hola", "¿sigue en venta?")
    assert nudging.nudge_due() == 0  # not before the eight seconds are over
    assert after_a_while() == 1
    (notice,) = told(seller)
    assert (notice.title, notice.body) == ("Buyer", "¿sigue en venta?")
    assert (notice.data["unread"], notice.data["badge"], notice.data["room_id"]) == (2, 2, str(room.pk))
    assert told(buyer) == []
    assert after_a_while() == 0


def test_the_next_takes_the_place_of_the_last(buyer: User, seller: User, room: Room) -> None:
    say(buyer, room, "hola")
    after_a_while()
    say(buyer, room, "¿hola?")
    after_a_while()
    (notice,) = told(seller)
    assert (notice.body, notice.data["unread"]) == ("¿hola?", 2)
    assert Notification.objects.filter(user=seller).count() == 2


def test_the_badge_counts_all_rooms(buyer: User, seller: User, stranger: User, room: Room, listing: Listing) -> None:
    say(stranger, opening.about_listing(stranger, listing.pk)[0], "uno", "dos")
    say(buyer, room, "tres")
    assert after_a_while() == 2
    assert sorted((each.data["unread"], each.data["badge"]) for each in told(seller)) == [(1, 3), (2, 3)]


def test_who_has_read_it_is_not_told(buyer: User, seller: User, room: Room) -> None:
    (seq,) = say(buyer, room, "hola")
    marks.read_up_to(seller, room.pk, seq)
    after_a_while()
    assert told(seller) == []


def test_who_has_it_before_their_eyes_is_not_told(buyer: User, seller: User, room: Room) -> None:
    say(buyer, room, "hola")
    after_a_while(watching=lambda room_id, user_ids: set(user_ids))
    assert told(seller) == []


def test_the_sweep_leaves_alone_who_follows_the_room_now(buyer: User, seller: User, room: Room) -> None:
    say(buyer, room, "hola")
    redis_connection().hset(f"pres:n:{room.pk}", str(seller.pk), 1)  # as the sockets' processes write it
    Nudge.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert tasks.tell_what_waits() == 1
    assert told(seller) == []


def test_without_redis_they_are_told(buyer: User, seller: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(question: object) -> object:
        raise RedisAway

    say(buyer, room, "hola")
    monkeypatch.setattr(watching, "ask", away)
    after_a_while(watching=watching.watching)
    assert len(told(seller)) == 1


def test_who_muted_the_room_is_not_told(
    signed_in: Callable[[User], APIClient], buyer: User, seller: User, room: Room
) -> None:
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    assert signed_in(seller).put(f"/v1/rooms/{room.pk}/mute", {"until": until}, format="json").status_code == 200
    say(buyer, room, "hola")
    after_a_while()
    assert told(seller) == []


def test_nobody_is_told_of_what_was_taken_back_or_by_whom_they_blocked(buyer: User, seller: User, room: Room) -> None:
    say(buyer, room, "hola")
    Message.objects.update(body=None, deleted_at=timezone.now())
    after_a_while()
    say(buyer, room, "hola otra vez")
    Block.objects.create(blocker=seller, blocked=buyer)
    after_a_while()
    assert told(seller) == []


def test_in_a_group_one_is_told_of_the_others_whoever_one_has_blocked_spoke_last(
    buyer: User, seller: User, stranger: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller, stranger)
    Block.objects.create(blocker=seller, blocked=buyer)
    say(stranger, group, "mañana no hay clase")
    say(buyer, group, "jaja")
    after_a_while()
    (notice,) = told(seller)
    assert (notice.title, notice.body) == ("Stranger", "mañana no hay clase")
    assert [each.body for each in told(stranger)] == ["jaja"]
    say(buyer, group, "jajaja")
    after_a_while()
    assert told(seller) == [notice]


def test_who_is_mentioned_in_what_was_hidden_is_not_told(
    buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    say(buyer, make_group(buyer, seller), "@seller mira esto")
    Message.objects.update(hidden_at=timezone.now())
    while outbox.deliver_due():
        pass
    assert told(seller) == []


def test_who_is_mentioned_is_told_at_once(buyer: User, seller: User, make_group: Callable[..., Room]) -> None:
    group = make_group(buyer, seller)
    say(buyer, group, "@seller mira esto")
    while outbox.deliver_due():
        pass
    (notice,) = told(seller)
    assert (notice.kind, notice.title) == ("chat.mention", "Buyer mentions you in Robotics")


def test_said_while_it_was_being_told_is_told_next(buyer: User, seller: User, room: Room) -> None:
    say(buyer, room, "hola")
    say_more = {"done": False}

    def watching(room_id: object, user_ids: object) -> set[object]:
        if not say_more["done"]:
            say_more["done"] = True
            say(buyer, room, "y otra cosa")
        return set()

    after_a_while(watching=watching)
    assert Nudge.objects.get().due_at is not None
    after_a_while()
    assert told(seller)[-1].body == "y otra cosa"


@pytest.mark.django_db(transaction=True)
def test_who_speaks_while_a_large_group_is_told_waits_for_nobody(
    buyer: User, seller: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_telling, goes_on, tell = Event(), Event(), nudging._tell

    def slowly(*args: Any, **facts: Any) -> None:
        is_telling.set()
        assert goes_on.wait(10)
        tell(*args, **facts)

    monkeypatch.setattr(nudging, "_tell", slowly)
    say(buyer, room, "hola")
    with in_thread(after_a_while):
        assert is_telling.wait(10)
        say(buyer, room, "y otra cosa")
        goes_on.set()
    assert [each.body for each in told(seller)] == ["hola"]
    assert after_a_while() == 1
    assert [each.body for each in told(seller)] == ["y otra cosa"]
    assert Nudge.objects.get().due_at is None


def test_whose_lease_ran_out_leaves_the_rest_to_the_next(
    buyer: User, seller: User, stranger: User, make_group: Callable[..., Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    group, tell = make_group(buyer, seller, stranger), nudging._tell

    def late(*args: Any, **facts: Any) -> None:
        tell(*args, **facts)
        Nudge.objects.update(due_at=timezone.now())  # another has claimed it meanwhile

    monkeypatch.setattr(nudging, "AT_ONCE", 1)
    monkeypatch.setattr(nudging, "_tell", late)
    say(buyer, group, "hola")
    after_a_while(limit=1)
    assert len(told(seller) + told(stranger)) == 1
    monkeypatch.setattr(nudging, "_tell", tell)
    after_a_while()
    assert (len(told(seller)), len(told(stranger))) == (1, 1)
    assert Nudge.objects.get().due_at is None
