"""A message is stored once, numbered without gaps, and acknowledged when it is committed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from accounts.models import Block, User
from chat import announcing
from chat.frames import Frame
from chat.models import Event, Message, Nudge, Room
from chat.services import access, groups, log, sending
from chat.services.errors import Blocked, ChatNotFound, NotInChat, SlowDown
from chat.services.sending import Draft

pytestmark = pytest.mark.django_db


def test_is_in_the_log_as_the_next_of_its_room(buyer: User, room: Room) -> None:
    sent = [sending.send(buyer, room.pk, Draft(text)) for text in ("hola", "¿sigue en venta?")]
    assert [each.seq for each in sent] == [1, 2]
    assert list(Event.objects.filter(room=room).order_by("seq").values_list("seq", "type", "message__body")) == [
        (1, "message.created", "hola"),
        (2, "message.created", "¿sigue en venta?"),
    ]
    room.refresh_from_db()
    assert room.last_seq == 2
    assert room.last_message_at == sent[1].created_at
    assert Nudge.objects.get().due_at is not None


def test_again_with_the_same_client_id_is_the_same_message(buyer: User, room: Room) -> None:
    first, again = (sending.send(buyer, room.pk, Draft("hola", client_id="a1")) for _ in range(2))
    assert (first.is_duplicate, again.is_duplicate) == (False, True)
    assert (first.message_id, first.seq, first.number) == (again.message_id, again.seq, again.number)
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_sockets_hear_is_what_the_log_says(buyer: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Frame] = []
    monkeypatch.setattr(announcing, "now", heard.append)
    sending.send(buyer, room.pk, Draft("llámame al 300 123 4567", client_id="x", reply_to_seq=7))
    group = groups.create(buyer, name="Robotics")
    sending.send(buyer, group.pk, Draft("hola"))
    read = [log.after(access.standing(buyer.pk, each), 0)[-1] for each in (room.pk, group.pk)]
    assert heard == read


@pytest.mark.django_db(transaction=True)
def test_a_message_that_mentions_somebody_reads_the_same(
    buyer: User, seller: User, make_group: Callable[..., Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = make_group(buyer, seller)
    heard: list[Frame] = []
    monkeypatch.setattr(announcing, "now", heard.append)
    sending.send(buyer, group.pk, Draft("@seller, mira esto; @nobody"))
    assert heard == [log.after(access.standing(buyer.pk, group.pk), 0)[-1]]
    assert list(Message.objects.get().mentions.values_list("user_id", flat=True)) == [seller.pk]


def test_who_may_write_no_more_still_learns_what_became_of_the_old(
    buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller)
    groups.change(buyer, group.pk, slow_mode_seconds=60)
    first = sending.send(seller, group.pk, Draft("hola", client_id="once"))
    assert sending.send(seller, group.pk, Draft("hola", client_id="once")).is_duplicate
    groups.remove(buyer, group.pk, seller.pk)
    assert sending.send(seller, group.pk, Draft("hola", client_id="once")).message_id == first.message_id
    with pytest.raises(NotInChat):
        sending.send(seller, group.pk, Draft("hola", client_id="twice"))
    groups.remove(buyer, group.pk, seller.pk, for_good=True)
    with pytest.raises(ChatNotFound):
        sending.send(seller, group.pk, Draft("hola", client_id="once"))


def test_nobody_else_writes_here(stranger: User, room: Room) -> None:
    with pytest.raises(NotInChat):
        sending.send(stranger, room.pk, Draft("hola"))
    assert not Message.objects.exists()
    assert not Event.objects.exists()


def test_who_is_blocked_writes_no_more(buyer: User, seller: User, room: Room) -> None:
    Block.objects.create(blocker=seller, blocked=buyer)
    for person in (buyer, seller):
        with pytest.raises(Blocked):
            sending.send(person, room.pk, Draft("hola"))


def test_slow_mode_lets_members_wait_and_not_who_leads(
    buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller)
    groups.change(buyer, group.pk, slow_mode_seconds=60)
    for _ in range(2):
        sending.send(buyer, group.pk, Draft("uno"))
    sending.send(seller, group.pk, Draft("uno"))
    with pytest.raises(SlowDown) as refused:
        sending.send(seller, group.pk, Draft("dos"))
    assert 0 < int(refused.value.headers["Retry-After"]) <= 60


@pytest.mark.django_db(transaction=True)
def test_slow_mode_is_not_passed_by_saying_much_at_once(
    buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller)
    groups.change(buyer, group.pk, slow_mode_seconds=60)

    def send(number: int) -> bool:
        try:
            return bool(sending.send(seller, group.pk, Draft(f"@buyer {number}" if number % 2 else str(number))))
        except SlowDown:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(8))) == 1
    assert Message.objects.count() == 1


def test_slow_mode_remembers_also_where_much_is_said(
    buyer: User, seller: User, make_group: Callable[..., Room]
) -> None:
    group = make_group(buyer, seller)
    groups.change(buyer, group.pk, slow_mode_seconds=3_600)
    sending.send(seller, group.pk, Draft("uno"))
    Room.objects.filter(pk=group.pk).update(last_seq=group.last_seq + 5_000)
    with pytest.raises(SlowDown):
        sending.send(seller, group.pk, Draft("dos"))


def test_a_number_that_was_taken_and_given_back_is_used_again(buyer: User, room: Room) -> None:
    with transaction.atomic():
        assert sending.send(buyer, room.pk, Draft("nunca")).seq == 1
        transaction.set_rollback(True)
    assert sending.send(buyer, room.pk, Draft("hola")).seq == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_client_id_are_one_message(buyer: User, room: Room) -> None:
    def send(_: int) -> sending.Sent:
        try:
            return sending.send(buyer, room.pk, Draft("hola", client_id="once"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(send, range(20)))
    assert {(each.message_id, each.seq) for each in sent} == {(sent[0].message_id, 1)}
    assert [each.is_duplicate for each in sent].count(False) == 1
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_senders_leave_no_gap(buyer: User, seller: User, room: Room) -> None:
    def send(number: int) -> int:
        try:
            return sending.send(buyer if number % 2 else seller, room.pk, Draft(f"{number}")).seq
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sorted(pool.map(send, range(100))) == list(range(1, 101))


@pytest.mark.django_db(transaction=True)
def test_who_is_removed_writes_nothing_after_it(
    buyer: User, seller: User, make_group: Callable[..., Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed between the question and the statement: the statement notices, and the answer is asked again."""
    group = make_group(buyer, seller)
    store = sending._store
    asked: list[object] = []

    def removed_meanwhile(*args: object) -> bool:
        if not asked:
            groups.remove(buyer, group.pk, seller.pk)
        asked.append(args)
        return bool(store(*args))  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "_store", removed_meanwhile)
    with pytest.raises(NotInChat):
        sending.send(seller, group.pk, Draft("one more word"))
    assert len(asked) == 1
    assert not Message.objects.exists()
