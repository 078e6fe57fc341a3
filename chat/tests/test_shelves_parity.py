"""What PostgreSQL writes for one's list of rooms, against the queryset and the serializer: field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Member, Message, Room
from chat.serializers import rooms as shapes
from chat.services import changing, groups, history, marks, opening, reading, sending
from chat.services.sending import Draft
from listings.models import Listing
from marketplace.common.jsonio import dumps, loads

pytestmark = pytest.mark.django_db
KINDS = ["listing", "group", "direct"]


@pytest.fixture
def rooms(
    buyer: User, seller: User, stranger: User, make_group: Callable[..., Room], make_listing: Callable[..., Listing]
) -> list[Room]:
    """Of every kind and in every state; the last is not the buyer's any more."""
    User.objects.filter(pk=seller.pk).update(name="", picture="https://example.org/ñ.png")
    about = [opening.about_listing(buyer, make_listing().pk)[0] for _ in range(2)]
    made = [make_group(buyer, seller), make_group(seller, buyer, is_private=True), make_group(seller, stranger, buyer)]
    direct, _ = opening.between(buyer, stranger)
    for number, room in enumerate([*about, *made, direct, about[1], made[1]]):
        sending.send(buyer, room.pk, Draft(f"uno {number}"))
    for room in made:
        for text in ("dos", "tres", 'say "hi" 😀'):
            sending.send(seller, room.pk, Draft(text))
    taken_back = Message.objects.filter(room=made[0], sender=seller).latest("seq")
    changing.delete(seller, taken_back.pk, now=timezone.now())
    marks.read_up_to(buyer, made[1].pk, 3)
    marks.mute(buyer, made[0].pk, timezone.now())
    Room.objects.filter(pk=about[0].pk).update(closed_at=timezone.now(), last_message_at=None)
    groups.leave(buyer, made[2].pk)
    return [*about, *made, direct]


def _plain(reader: User, **asked: Any) -> Any:
    wanted = {"kinds": KINDS, "listing_id": None, "limit": 50, "offset": 0, **asked}
    return loads(dumps([shapes.shown(shelf) for shelf in reading.rooms_of(reader, **wanted)]))


def _hot(reader: User, **asked: Any) -> Any:
    return loads(history.rooms(reader, **{"kinds": KINDS, "listing_id": None, "limit": 50, "offset": 0, **asked}))


def test_lists_are_what_the_queryset_and_the_serializer_say(
    rooms: list[Room], buyer: User, seller: User, stranger: User, moderator: User
) -> None:
    assert len(_hot(buyer)) == 5
    for reader in (buyer, seller, stranger, moderator):
        for asked in (
            {},
            {"kinds": ["listing"]},
            {"kinds": ["group", "direct"]},
            {"listing_id": rooms[1].listing_id},
            {"limit": 2},
            {"limit": 2, "offset": 1},
            {"offset": 100},
        ):
            assert _hot(reader, **asked) == _plain(reader, **asked), asked


def test_what_was_put_away_comes_back_with_the_next_word(rooms: list[Room], buyer: User, seller: User) -> None:
    marks.put_away(buyer, rooms[0].pk)
    Member.objects.filter(room=rooms[3], user=buyer).update(joined_seq=10**6)  # nothing of it is theirs to see
    assert str(rooms[0].pk) not in {shown["id"] for shown in _hot(buyer)}
    assert _hot(buyer) == _plain(buyer)
    Room.objects.filter(pk=rooms[0].pk).update(closed_at=None)
    sending.send(seller, rooms[0].pk, Draft("otra vez"))
    assert _hot(buyer)[0]["id"] == str(rooms[0].pk)
    assert _hot(buyer) == _plain(buyer)


def test_of_a_crowd_the_first_fifty_are_shown(
    buyer: User, make_group: Callable[..., Room], make_person: Callable[..., User]
) -> None:
    room = make_group(buyer)
    crowd = User.objects.bulk_create(User(username=f"one-of-{number}") for number in range(60))
    Member.objects.bulk_create(Member(room=room, user=person) for person in crowd)
    assert len(_hot(buyer)[0]["participants"]) == 50
    assert _hot(buyer) == _plain(buyer)
