"""When somebody was last here: noted by the sockets, written down for all at once, shown to whom it may be."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Block, User
from chat.models import LastSeen, Room
from chat.services import last_seen
from chat.tasks import write_last_seen
from chat.tests import sockets
from marketplace.common.redisdb import connection

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[[User], APIClient]
AGO = datetime.fromisoformat("2026-11-01T10:00:00Z")


@pytest.fixture(autouse=True)
def _nobody_noted() -> None:
    connection().delete(last_seen.SEEN)


def note(user_id: UUID, at: float) -> None:
    connection().zadd(last_seen.SEEN, {str(user_id): at})


def noted() -> list[str]:
    return [user.decode() for user in connection().zrange(last_seen.SEEN, 0, -1)]


def have_read(room: Room) -> None:
    room.members.update(last_read_seq=1)


def seen(client: APIClient, room: Room) -> dict[str, str | None]:
    """Who is shown with which time."""
    reply = client.get(f"/v1/rooms/{room.pk}/members")
    return {each["user"]["username"]: each["last_seen_at"] for each in reply.json()}


def test_who_follows_a_room_over_a_socket_was_seen(
    address: str, buyer: User, seller: User, room: Room, signed_in: SignedIn
) -> None:
    token, began = sockets.token_of(buyer), timezone.now().replace(microsecond=0)

    async def talk() -> None:
        async with sockets.signed_in(address, token) as one:
            await one.follow(room.pk)
            await one.ask("users_online", "users_online", room=room.pk)

    sockets.run(talk)
    have_read(room)
    time.sleep(1.1)  # of this very second nothing is written yet
    assert write_last_seen() == 1
    shown = seen(signed_in(seller), room)
    assert shown["seller"] is None
    assert shown["buyer"] is not None
    assert began <= datetime.fromisoformat(shown["buyer"]) <= timezone.now()


def test_it_is_written_once_and_never_goes_back(buyer: User, seller: User) -> None:
    note(buyer.pk, AGO.timestamp())
    note(seller.pk, AGO.timestamp())
    assert last_seen.write_down() == 2
    assert noted() == []
    note(buyer.pk, (AGO - timedelta(hours=1)).timestamp())
    note(seller.pk, (AGO + timedelta(hours=1)).timestamp())
    assert last_seen.write_down() == 2
    assert last_seen.write_down() == 0
    assert dict(LastSeen.objects.values_list("user", "at")) == {buyer.pk: AGO, seller.pk: AGO + timedelta(hours=1)}


def test_more_than_are_written_at_once(make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_seen, "AT_ONCE", 2)
    people = [make_person(f"person-{number}") for number in range(5)]
    for person in people:
        note(person.pk, AGO.timestamp())
    assert last_seen.write_down() == 5
    assert LastSeen.objects.filter(at=AGO).count() == 5


def test_what_is_noted_in_this_second_is_for_the_next_time(
    buyer: User, seller: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may come within the same second, after it was read."""
    note(buyer.pk, AGO.timestamp())
    seconds = int(AGO.timestamp()) + 60
    monkeypatch.setattr(connection(), "time", lambda: (seconds, 0))
    note(seller.pk, seconds)
    assert last_seen.write_down() == 1
    assert noted() == [str(seller.pk)]
    monkeypatch.setattr(connection(), "time", lambda: (seconds + 1, 0))
    assert last_seen.write_down() == 1
    assert noted() == []


def test_who_is_gone_and_who_comes_from_the_future(
    buyer: User, make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = make_person("gone")
    note(gone.pk, AGO.timestamp())
    gone.delete()
    ahead = timezone.now() + timedelta(hours=1)
    note(buyer.pk, ahead.timestamp())
    monkeypatch.setattr(connection(), "time", lambda: (int(ahead.timestamp()) + 1, 0))  # Redis' clock is ahead of ours
    assert last_seen.write_down() == 2
    assert LastSeen.objects.get().at <= timezone.now()


@pytest.mark.parametrize(
    ("hidden", "blocker", "seen_by_buyer", "seen_by_seller"),
    [
        (None, None, {"buyer", "seller"}, {"buyer", "seller"}),
        ("buyer", None, {"buyer"}, {"seller"}),
        ("seller", None, {"buyer"}, {"seller"}),
        (None, "buyer", {"buyer"}, {"seller"}),
        (None, "seller", {"buyer"}, {"seller"}),
    ],
)
def test_whom_it_is_shown(
    hidden: str | None,
    blocker: str | None,
    seen_by_buyer: set[str],
    seen_by_seller: set[str],
    buyer: User,
    seller: User,
    room: Room,
    signed_in: SignedIn,
) -> None:
    """Who keeps it to themselves is not told others'; between people of whom one blocked the other, neither is."""
    people = {"buyer": buyer, "seller": seller}
    LastSeen.objects.bulk_create(LastSeen(user=person, at=AGO) for person in people.values())
    have_read(room)
    if hidden is not None:
        reply = signed_in(people[hidden]).patch("/v1/users/me", {"shows_last_seen": False}, format="json")
        assert reply.json()["shows_last_seen"] is False
    if blocker is not None:
        blocked = next(person for name, person in people.items() if name != blocker)
        Block.objects.create(blocker=people[blocker], blocked=blocked)
    for viewer, wanted in ((buyer, seen_by_buyer), (seller, seen_by_seller)):
        shown = seen(signed_in(viewer), room)
        assert {name for name, at in shown.items() if at is not None} == wanted
        assert {at for at in shown.values() if at is not None} == {"2026-11-01T10:00:00Z"}


def test_it_is_told_in_no_room_that_anybody_may_walk_into(
    buyer: User, seller: User, make_group: Callable[..., Room], signed_in: SignedIn
) -> None:
    LastSeen.objects.create(user=buyer, at=AGO)
    is_told = {}
    for is_private in (True, False):
        group = make_group(seller, buyer, is_private=is_private)
        have_read(group)
        is_told[is_private] = seen(signed_in(seller), group)["buyer"] is not None
    assert is_told == {True: True, False: False}


def test_who_has_never_read_there_is_not_told_of_and_who_is_only_invited_is_not_told(
    buyer: User, seller: User, stranger: User, make_group: Callable[..., Room], signed_in: SignedIn
) -> None:
    """To be invited, or written to, is not to agree."""
    LastSeen.objects.bulk_create(LastSeen(user=person, at=AGO) for person in (buyer, seller, stranger))
    group = make_group(seller, buyer, is_private=True)
    assert seen(signed_in(seller), group) == {"seller": "2026-11-01T10:00:00Z", "buyer": None}
    have_read(group)
    invited = signed_in(seller).post(f"/v1/rooms/{group.pk}/members", {"username": "stranger"}, format="json")
    times = {each["user"]["username"]: each["last_seen_at"] for each in invited.json()}
    assert times == {"seller": "2026-11-01T10:00:00Z", "buyer": "2026-11-01T10:00:00Z", "stranger": None}
    assert set(seen(signed_in(stranger), group).values()) == {None}
