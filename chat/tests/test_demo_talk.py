"""The demo campus talks: the rooms that every guide names are there, and nobody is sent anything about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import Notification, User
from accounts.services import demo as people
from chat import demo
from chat.models import Event, Room
from chat.services import nudging
from listings.models import Listing

pytestmark = pytest.mark.django_db


def test_the_rooms_of_the_guides_and_chats_about_things(buyer: User, make_listing: Callable[..., Listing]) -> None:
    people.ensure_people(is_local=True)
    make_listing()
    assert demo.build() == 4
    assert list(Room.objects.filter(kind="group").order_by("pk").values_list("name", "owner__username")) == [
        ("General", "admin"),
        ("Random", "admin"),
        ("Tech Talk", "admin"),
    ]
    chat = Room.objects.get(kind="listing")
    assert Event.objects.filter(room=chat).count() == chat.last_seq >= 2
    assert nudging.nudge_due() == 0
    assert not Notification.objects.exists()
    assert demo.build() == 0
