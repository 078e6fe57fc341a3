"""The room for everybody comes with the first word to everybody. Several first words at once: real transactions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Message, Room
from chat.querysets.room import RoomQuerySet
from chat.services import opening

pytestmark = pytest.mark.django_db(transaction=True)
SPEAKERS = 6


@pytest.fixture
def all_at_once(
    make_person: Callable[..., User], signed_in: Callable[..., APIClient], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[int]]:
    """Each says something to everybody, and nobody makes the room before all have seen that there is none."""
    clients = [signed_in(make_person(f"speaker{n}"), raise_request_exception=False) for n in range(SPEAKERS)]
    have_looked = Barrier(SPEAKERS, timeout=20)
    get = RoomQuerySet.get

    def get_together(rooms: Any, *args: Any, **facts: Any) -> Room:
        try:
            room: Room = get(rooms, *args, **facts)
        except Room.DoesNotExist:
            have_looked.wait()
            raise
        return room

    def say(client: APIClient) -> int:
        try:
            status: int = client.post("/messages/send", {"content": "hello, everybody"}).status_code
            return status
        finally:
            connections.close_all()

    def at_once() -> list[int]:
        monkeypatch.setattr(RoomQuerySet, "get", get_together)
        with ThreadPoolExecutor(SPEAKERS) as pool:
            return list(pool.map(say, clients))

    return at_once


def test_several_first_words_to_everybody_are_said_in_one_room(all_at_once: Callable[[], list[int]]) -> None:
    assert all_at_once() == [201] * SPEAKERS

    everybody = Room.objects.get()
    assert sorted(Message.objects.values_list("room", "seq")) == [(everybody.pk, seq + 1) for seq in range(SPEAKERS)]


def test_negative_control_who_looks_and_then_makes_it_is_heard_alone(
    all_at_once: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_and_make() -> Room:
        try:
            room: Room = Room.objects.get(kind=Room.Kind.BROADCAST)
        except Room.DoesNotExist:
            room = Room.objects.create(kind=Room.Kind.BROADCAST, name=opening.EVERYBODY, is_private=False)
        return room

    monkeypatch.setattr(opening, "for_everybody", look_and_make)

    assert all_at_once().count(201) == 1
    assert Room.objects.count() == Message.objects.count() == 1
