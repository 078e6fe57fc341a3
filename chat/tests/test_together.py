"""What is said together is stored as if each had said it alone; what is not simple is left to be said alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction

from accounts.models import Block, User
from chat import announcing
from chat.frames import Frame
from chat.models import Event, Message, Nudge, Room
from chat.services import access, groups, log, sending, together
from chat.services.errors import Blocked, ChatClosed, ChatNotFound, NotInChat
from chat.services.sending import Draft, Sent
from chat.services.together import Saying
from marketplace.common.postgis import fixed

pytestmark = pytest.mark.django_db


def told(sayings: Sequence[Saying]) -> list[Sent | None]:
    """What was stored of them, at their places."""
    return [each if isinstance(each, Sent) else None for each in together.send(sayings)]


def test_each_room_has_its_next_numbers(buyer: User, seller: User, stranger: User, room: Room, direct: Room) -> None:
    sending.send(buyer, room.pk, Draft("hola"))
    sent = told(
        [
            Saying(buyer, room.pk, Draft("uno", client_id="a", reply_to_seq=1)),
            Saying(stranger, direct.pk, Draft("otra sala", client_id="a", reply_to_seq=1)),
            Saying(seller, room.pk, Draft("dos", data={"n": [1, None, "é"]})),
        ]
    )
    assert [(each.room_id, each.seq, each.is_duplicate) for each in sent if each] == [
        (room.pk, 2, False),
        (direct.pk, 1, False),
        (room.pk, 3, False),
    ]
    stored = {(each.room_id, each.seq): each for each in Message.objects.all()}
    assert (stored[room.pk, 2].body, stored[room.pk, 2].reply_to_seq, stored[room.pk, 2].client_id) == ("uno", 1, "a")
    assert (stored[room.pk, 3].body, stored[room.pk, 3].data) == ("dos", {"n": [1, None, "é"]})
    assert (stored[direct.pk, 1].body, stored[direct.pk, 1].reply_to_seq) == ("otra sala", None)
    assert {each and each.number for each in sent} == {each.number for each in stored.values() if each.body != "hola"}
    for place in (room, direct):
        place.refresh_from_db()
        last = Message.objects.filter(room=place).latest("seq")
        assert (place.last_seq, place.last_message_at) == (last.seq, last.created_at)
        assert Nudge.objects.get(pk=place.pk).due_at is not None
    times = list(Message.objects.filter(room=room).order_by("seq").values_list("created_at", flat=True))
    assert times == sorted(set(times))


@pytest.mark.django_db(transaction=True)
def test_what_sockets_hear_is_what_the_log_says(
    buyer: User, seller: User, room: Room, direct: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Frame] = []
    told: list[object] = []
    monkeypatch.setattr(announcing, "now", heard.append)
    monkeypatch.setattr(announcing, "to_person", lambda person, shown: told.append((person, shown["seq"])))
    group = groups.create(buyer, name="Robotics")
    heard.clear()
    together.send([Saying(buyer, each.pk, Draft("llámame al 300 123 4567", client_id="x")) for each in (room, group)])
    together.send([Saying(seller, room.pk, Draft("https://example.com"))])
    assert heard[0].numbers != heard[1].numbers
    for each in (room, group):
        in_log = [frame for frame in log.after(access.standing(buyer.pk, each.pk), 0) if b'"message":{' in frame.text]
        assert [frame for frame in heard if frame.room_id == each.pk] == in_log
    assert told == [(seller.pk, 1), (buyer.pk, 2)]


def test_who_may_not_is_refused_who_is_not_simple_is_left_and_the_others_are_stored(
    buyer: User, seller: User, stranger: User, room: Room, direct: Room, make_group: Callable[..., Room]
) -> None:
    slow, group, closed = (make_group(seller, buyer) for _ in range(3))
    groups.change(seller, slow.pk, slow_mode_seconds=60)
    Room.objects.filter(pk=closed.pk).update(closed_at=room.created_at)
    Block.objects.create(blocker=stranger, blocked=buyer)
    sending.send(buyer, room.pk, Draft("antes", client_id="known"))
    refused = [
        Saying(stranger, room.pk, Draft("hola")),
        Saying(buyer, direct.pk, Draft("hola")),
        Saying(buyer, closed.pk, Draft("hola")),
        Saying(buyer, buyer.pk, Draft("hola")),
    ]
    left_out = [
        Saying(buyer, closed.pk, Draft("")),
        Saying(buyer, slow.pk, Draft("hola")),  # may have to wait
        Saying(buyer, group.pk, Draft("@seller, mira")),  # somebody is to be called
        Saying(buyer, room.pk, Draft("antes", client_id="known")),
        Saying(buyer, room.pk, Draft(None, kind="location", data={"latitude": 4.6, "longitude": -74.1})),
        Saying(buyer, room.pk, Draft("con foto", upload_ids=(room.pk,))),
    ]
    well = [Saying(buyer, room.pk, Draft("hola")), Saying(seller, slow.pk, Draft("quien guía habla"))]
    before = set(Message.objects.values_list("body", flat=True))
    sent = together.send([*refused, well[0], *left_out, well[1]])
    assert [type(each) for each in sent[:4]] == [NotInChat, Blocked, ChatClosed, ChatNotFound]
    assert sent[5:-1] == [None] * len(left_out)
    assert [type(sent[4]), type(sent[-1])] == [Sent, Sent]
    assert set(Message.objects.values_list("body", flat=True)) - before == {"hola", "quien guía habla"}
    assert Event.objects.filter(type=Event.Type.CREATED).count() == Message.objects.count() == 3


def test_who_may_write_no_more_still_learns_what_became_of_the_old(
    buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller)
    first = sending.send(seller, group.pk, Draft("hola", client_id="once"))
    groups.remove(buyer, group.pk, seller.pk)
    again, new = together.send([Saying(seller, group.pk, Draft("hola", client_id=name)) for name in ("once", "twice")])
    assert isinstance(again, Sent)
    assert (again.message_id, again.is_duplicate) == (first.message_id, True)
    assert isinstance(new, NotInChat)


def test_of_two_with_one_client_id_the_second_is_left_to_learn_of_the_first(
    buyer: User, seller: User, room: Room
) -> None:
    twice = [Saying(buyer, room.pk, Draft("hola", client_id="once")) for _ in range(2)]
    sent = told([*twice, Saying(seller, room.pk, Draft("hola", client_id="once"))])
    assert [each and each.seq for each in sent] == [1, None, 2]
    assert sending.send(buyer, room.pk, Draft("hola", client_id="once")).seq == 1


@pytest.mark.parametrize("state", [None, "55P03", "40P01"])
def test_what_the_server_refuses_takes_nothing_with_it(
    state: str | None, buyer: User, room: Room, direct: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's was stored between its look and its words (here: it does not look), or it has given up."""
    sending.send(buyer, room.pk, Draft("hola", client_id="once"))
    unseen = together._WRITE.replace("AND m.client_id = asked.client_id", "AND false")
    if state is not None:
        unseen = f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"
        monkeypatch.setattr(fixed, "ask_all", _without_values(fixed.ask_all))
    monkeypatch.setattr(together, "_WRITE", unseen)
    sayings = [Saying(buyer, each.pk, Draft("hola", client_id="once")) for each in (direct, room)]
    assert together.send(sayings) == [None, None]
    assert Message.objects.count() == 1
    direct.refresh_from_db()
    assert direct.last_seq == 0


def _without_values(ask: Callable[..., Any]) -> Callable[..., Any]:
    return lambda statement, values: ask(statement, {} if "RAISE" in statement else values)


def test_rules_that_changed_after_the_question_are_noticed(
    buyer: User, seller: User, room: Room, make_group: Callable[..., Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = make_group(buyer, seller)
    ask = access.standings

    def removed_meanwhile(pairs: set[tuple[object, object]]) -> object:
        found = ask(pairs)  # type: ignore[arg-type]
        groups.remove(buyer, group.pk, seller.pk)
        return found

    monkeypatch.setattr(access, "standings", removed_meanwhile)
    sent = told([Saying(seller, group.pk, Draft("una más")), Saying(seller, room.pk, Draft("hola"))])
    assert [each and each.room_id for each in sent] == [None, room.pk]
    assert Message.objects.get().body == "hola"


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_room_that_somebody_holds(buyer: User, room: Room, direct: Room) -> None:
    with held(room):
        sent = told([Saying(buyer, each.pk, Draft("hola")) for each in (room, direct)])
    assert [each and each.room_id for each in sent] == [None, direct.pk]


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_room_whose_nudge_a_worker_holds(buyer: User, room: Room, direct: Room) -> None:
    together.send([Saying(buyer, each.pk, Draft("hola")) for each in (room, direct)])
    with held(room, lock=lambda: Nudge.objects.filter(pk=room.pk).update(attempts=1)):
        sent = told([Saying(buyer, each.pk, Draft("hola")) for each in (room, direct)])
    assert [each and each.room_id for each in sent] == [None, direct.pk]


@pytest.mark.django_db(transaction=True)
def test_rules_that_change_while_the_statement_is_on_its_way_are_noticed(
    buyer: User, seller: User, room: Room, make_group: Callable[..., Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it has begun to look, and before it has the room: it sees the room as it is then."""
    group = make_group(buyer, seller)
    slow = together._WRITE.replace(
        "SELECT id, rules FROM chat_room WHERE", "SELECT id, rules FROM chat_room, pg_sleep(2) WHERE"
    )
    assert slow != together._WRITE
    monkeypatch.setattr(together, "_WRITE", slow.replace("SKIP LOCKED\n), quiet", "OF chat_room SKIP LOCKED\n), quiet"))

    def remove() -> None:
        time.sleep(0.4)
        groups.remove(buyer, group.pk, seller.pk)
        connections.close_all()

    remover = Thread(target=remove)
    remover.start()
    sent = told([Saying(seller, group.pk, Draft("una más")), Saying(seller, room.pk, Draft("hola"))])
    remover.join()
    assert [each and each.room_id for each in sent] == [None, room.pk]


@contextmanager
def held(room: Room, *, lock: Callable[[], object] | None = None) -> Iterator[None]:
    """By another transaction."""
    is_held, may_go = Signal(), Signal()

    def hold() -> None:
        with transaction.atomic():
            (lock or (lambda: log.lock(room.pk)))()
            is_held.set()
            may_go.wait(20)
        connections.close_all()

    holder = Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(20)
        yield
    finally:
        may_go.set()
        holder.join()


@pytest.mark.django_db(transaction=True)
def test_who_speaks_together_and_who_speaks_alone_leave_no_gap(
    buyer: User, seller: User, room: Room, direct: Room
) -> None:
    def speak(number: int) -> list[Sent | None]:
        try:
            if number % 3 == 0:
                return [sending.send(seller, room.pk, Draft(f"{number}"))]
            rooms = (room, direct, room) if number % 3 == 1 else (direct, room)
            return told([Saying(buyer, at.pk, Draft(f"{number}")) for at in rooms])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        spoken = [(number, each) for number, sent in enumerate(pool.map(speak, range(120))) for each in sent if each]
    stored = set(Message.objects.values_list("pk", "room_id", "seq", "body"))
    assert {(each.message_id, each.room_id, each.seq, f"{number}") for number, each in spoken} == stored
    assert any(number % 3 for number, _ in spoken), "nothing was ever stored together"
    for each in (room, direct):
        each.refresh_from_db()
        seqs = list(Message.objects.filter(room=each).order_by("number").values_list("seq", flat=True))
        assert seqs == list(range(1, each.last_seq + 1))
