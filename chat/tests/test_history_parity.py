"""What PostgreSQL writes for the history's hot doors, against the querysets and `frames`: field by field."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import User
from chat import frames
from chat.models import Attachment, Event, Member, Mention, Message, Reaction, Room, Upload
from chat.querysets import history as statements
from chat.services import access, groups, history, log, reading
from chat.services.errors import ChatNotFound
from marketplace.common.ids import uuid7
from marketplace.common.jsonio import dumps, loads

pytestmark = pytest.mark.django_db
WORDS = [
    "hola",
    "ñandú",
    "日本語",
    "😀",
    'say "hi"',
    "back\\slash",
    "</script>",
    "tab\there",
    "\u2028",
    "{}",
    "uno\ndos",
]
PAYLOADS: list[dict[str, Any]] = [
    {},
    {"user_id": str(uuid7()), "role": "member"},
    {"changed": {"is_private": True}},
    {"changed": {"name": 'ñ "{}" }}'}, "more": [1, 2.5, None]},
]


@pytest.fixture(params=range(3))
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


@pytest.fixture
def talk(dice: random.Random, buyer: User, seller: User, make_group: Callable[..., Room]) -> Room:
    """A private group with sixty events behind the joining of its people, most of them messages."""
    User.objects.filter(pk=seller.pk).update(name="", picture="https://example.org/ñ.png")
    room = make_group(buyer, seller, is_private=True)
    begin = room.last_seq
    people = [buyer, seller, seller, None]
    messages = [
        _random_message(dice, room, seq, dice.choice(people)) for seq in range(begin + 1, begin + 61) if seq % 6
    ]
    Message.objects.bulk_create(messages)
    by_seq = {message.seq: message for message in messages}
    Event.objects.bulk_create(_random_event(dice, room, seq, by_seq) for seq in range(begin + 1, begin + 61))
    for message in messages:
        _decorate(dice, message, [buyer, seller])
    room.last_seq = begin + 60
    room.save(update_fields=["last_seq"])
    return room


def _moment(dice: random.Random) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=dice.choice([0, 1, 100, 120_000, 999_999]))


def _random_message(dice: random.Random, room: Room, seq: int, sender: User | None) -> Message:
    is_deleted = dice.random() < 0.2
    kind = dice.choice(Message.Kind.values)
    place = {"latitude": 4.6097, "longitude": dice.choice([-74, 0.0, 1e-7])}
    facts = place if kind == "location" else {"kind": "order.create", "n": [1, None, {"ñ": "😀"}]}
    return Message(
        room=room,
        seq=seq,
        sender=sender,
        client_id=dice.choice([None, f'{seq}"']),
        kind=kind,
        body=None if is_deleted else dice.choice([None, "", " ".join(dice.choices(WORDS, k=3))]),
        data=dice.choice([None, facts]),
        hints=dice.choice([[], ["link"], ["phone", "link"]]),
        reply_to_seq=dice.choice([None, 1]),
        edited_at=dice.choice([None, _moment(dice)]),
        deleted_at=_moment(dice) if is_deleted else None,
        hidden_at=_moment(dice) if dice.random() < 0.1 else None,
        created_at=_moment(dice),
    )


def _random_event(dice: random.Random, room: Room, seq: int, by_seq: dict[int, Message]) -> Event:
    message = by_seq.get(seq)
    edited = dice.choice([each for each in by_seq.values() if each.seq < seq] or [None])
    return Event(
        room=room,
        seq=seq,
        type=Event.Type.CREATED if message else dice.choice([Event.Type.EDITED, Event.Type.ROOM]),
        actor=message.sender if message else room.owner,
        message=message or dice.choice([None, edited]),
        payload={} if message else dice.choice(PAYLOADS),
        created_at=_moment(dice),
    )


def _decorate(dice: random.Random, message: Message, people: list[User]) -> None:
    """Some are reacted to, mention somebody, carry files."""
    if dice.random() < 0.3:
        for emoji in dice.sample(["👍", "🎉", "❤️"], k=2):
            Reaction.objects.bulk_create(Reaction(message=message, user=each, emoji=emoji) for each in people)
        Mention.objects.bulk_create(Mention(message=message, user=each) for each in people)
    if dice.random() < 0.3:
        for place, upload in enumerate(_random_uploads(dice, people[0])):
            Attachment.objects.create(message=message, upload=upload, position=9 - place)


def _random_uploads(dice: random.Random, owner: User) -> Iterator[Upload]:
    for _ in range(dice.choice([1, 3])):
        yield Upload.objects.create(
            uploader=owner,
            name='ñ "1".png',
            content_type="image/png",
            size_bytes=dice.choice([0, 2**40]),
            storage_key=str(uuid7()),
            state=dice.choice(Upload.State.values),
            width=dice.choice([None, 640]),
            height=dice.choice([None, 480]),
        )


def _plain_page(reader: User, room_id: UUID, **asked: Any) -> dict[str, Any]:
    page = reading.messages_of(reader, room_id, **asked)
    items = loads(dumps([frames.message(each) for each in page.items]))
    return {"items": items, "total": page.total, "exact": page.total_is_exact, "more": page.has_more}


def _hot_page(reader: User, room_id: UUID, **asked: Any) -> dict[str, Any]:
    page = history.page(reader, room_id, **asked)
    return {
        "items": loads(page.items),
        "total": page.total,
        "exact": page.total_is_exact,
        "more": page.has_more,
    }


def _pages(dice: random.Random, room: Room) -> Iterator[dict[str, Any]]:
    """What may be asked for, and some that lead nowhere."""
    yield {"limit": 200}
    some = [*Message.objects.filter(room=room).order_by("seq").values_list("pk", flat=True)[:20], uuid7()]
    for _ in range(25):
        yield {
            "limit": dice.choice([1, 7, 50]),
            "offset": dice.choice([0, 0, 3, 100]),
            "before": dice.choice([None, None, *some]),
            "before_seq": dice.choice([None, None, 0, 20, 2**53]),
            "after_seq": dice.choice([None, None, 0, 30, 2**53]),
        }


def test_pages_are_what_the_queryset_and_the_frames_say(
    dice: random.Random, talk: Room, buyer: User, seller: User
) -> None:
    for reader in (buyer, seller):
        for asked in _pages(dice, talk):
            assert _hot_page(reader, talk.pk, **asked) == _plain_page(reader, talk.pk, **asked), asked


def test_the_log_is_what_the_queryset_and_the_frames_say(talk: Room, buyer: User, seller: User) -> None:
    for reader in (buyer, seller):
        for since, limit in ((0, 500), (0, 7), (20, 500), (60, 500), (2**53, 10)):
            hot = history.events(reader, talk.pk, since=since, limit=limit)
            plain = log.after(access.standing(reader.pk, talk.pk), since, limit=limit + 1)
            assert loads(hot.events) == [loads(frame.text) for frame in plain[:limit]]
            assert hot.has_more == (len(plain) > limit)


def test_nobody_sees_more_than_their_time_here(talk: Room, buyer: User, seller: User, stranger: User) -> None:
    for state, joined, left in (("left", 10, 40), ("removed", 0, 12), ("active", 30, None)):
        Member.objects.filter(room=talk, user=seller).update(state=state, joined_seq=joined, left_seq=left)
        hot = _hot_page(seller, talk.pk, limit=200)
        assert hot == _plain_page(seller, talk.pk, limit=200)
        assert all(joined < each["seq"] <= (left or 10_000) for each in hot["items"])
        seen = loads(history.events(seller, talk.pk, since=0, limit=500).events)
        assert [each["seq"] for each in seen] == list(range(joined + 1, (left or talk.last_seq) + 1))
    groups.remove(buyer, talk.pk, seller.pk, for_good=True)
    for reader in (seller, stranger):
        with pytest.raises(ChatNotFound):
            history.page(reader, talk.pk, limit=1)
        with pytest.raises(ChatNotFound):
            history.events(reader, talk.pk, since=0, limit=1)


def test_what_is_too_much_to_be_counted_is_estimated(talk: Room, buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = history.page(buyer, talk.pk, limit=1)
    assert (exact.total, exact.total_is_exact) == (Message.objects.filter(room=talk).count(), True)
    monkeypatch.setattr(statements, "EXACT_UP_TO", 10)
    rough = history.page(buyer, talk.pk, limit=1)
    standing = access.standing(buyer.pk, talk.pk)
    assert (rough.total, rough.total_is_exact) == (standing.seq - standing.first_seq, False)
