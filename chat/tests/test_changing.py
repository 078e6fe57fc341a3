"""Messages are changed, taken back, reacted to, reported and hidden: each is one more event in its room."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Event, Message, MessageReport, Reaction, Revision, Room
from chat.models.message import LONGEST_TEXT
from chat.services import access, changing, hints, log, sending
from chat.services.changing import MOST_EMOJI
from chat.services.sending import Draft

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]


@pytest.fixture
def said(buyer: User, room: Room) -> Message:
    return Message.objects.get(pk=sending.send(buyer, room.pk, Draft("hola")).message_id)


def types(room: Room) -> list[str]:
    return list(Event.objects.filter(room=room).order_by("seq").values_list("type", flat=True))


def test_one_changes_what_one_said(signed_in: Api, buyer: User, room: Room, said: Message) -> None:
    answer = signed_in(buyer).patch(f"/v1/messages/{said.pk}", {"content": "hola, ¿qué tal?"}, format="json")
    assert answer.status_code == 200
    assert answer.json()["content"] == "hola, ¿qué tal?"
    assert answer.json()["edited_at"].endswith("Z")
    assert types(room) == ["message.created", "message.edited"]
    assert Revision.objects.get(message=said).body == "hola"


def test_only_for_a_while_and_only_ones_own(signed_in: Api, buyer: User, seller: User, said: Message) -> None:
    others = signed_in(seller).patch(f"/v1/messages/{said.pk}", {"content": "mine"}, format="json")
    assert (others.status_code, others.json()["code"]) == (403, "not_allowed_in_chat")
    Message.objects.filter(pk=said.pk).update(created_at=timezone.now() - timedelta(minutes=16))
    late = signed_in(buyer).patch(f"/v1/messages/{said.pk}", {"content": "late"}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "too_late_to_edit")
    said.refresh_from_db()
    assert said.body == "hola"


def test_what_was_taken_back_is_nowhere(signed_in: Api, buyer: User, seller: User, room: Room, said: Message) -> None:
    signed_in(buyer).patch(f"/v1/messages/{said.pk}", {"content": "secreto"}, format="json")
    assert signed_in(buyer).delete(f"/v1/messages/{said.pk}").status_code == 204
    assert signed_in(buyer).delete(f"/v1/messages/{said.pk}").status_code == 204
    shown = signed_in(seller).get(f"/v1/messages?chat_id={room.pk}").json()["items"][0]
    assert (shown["content"], shown["seq"]) == (None, 1)
    assert shown["deleted_at"]
    heard = b"".join(frame.text + frame.numbers for frame in log.after(access.standing(seller.pk, room.pk), 0))
    assert b"secreto" not in heard
    assert b"hola" not in heard
    assert not Revision.objects.exists()
    assert types(room) == ["message.created", "message.edited", "message.deleted"]


def test_others_cannot_take_it_back(signed_in: Api, seller: User, stranger: User, said: Message) -> None:
    assert signed_in(seller).delete(f"/v1/messages/{said.pk}").status_code == 403
    assert signed_in(stranger).delete(f"/v1/messages/{said.pk}").status_code == 404
    said.refresh_from_db()
    assert said.body == "hola"


def test_reactions_come_once_and_go(signed_in: Api, seller: User, stranger: User, room: Room, said: Message) -> None:
    address = f"/v1/messages/{said.pk}/reactions/{quote('👍🏽')}"
    client = signed_in(seller)
    for _ in range(2):
        assert client.put(address).json()["reactions"] == [{"emoji": "👍🏽", "user_ids": [str(seller.pk)]}]
    assert types(room) == ["message.created", "reaction.added"]
    assert signed_in(stranger).put(address).status_code == 404
    assert client.delete(address).json()["reactions"] == []
    assert not Reaction.objects.exists()
    assert types(room)[-1] == "reaction.removed"


@pytest.mark.parametrize(
    ("emoji", "is_one"),
    [
        *((each, True) for each in ("👍🏽", "❤️", "1️⃣", "🇨🇴", "👨‍👩‍👧‍👦", "🏳️‍🌈", "\U0001faea")),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", True),  # England
        *((each, False) for each in ("ok", "é", "1", "pay at x.co👍", "👍 👍", "👍\n", "\u200b", "\u202e👍", "\ufe0f")),
        ("👍" * 17, False),
    ],
)
def test_a_reaction_is_an_emoji_and_no_text(
    signed_in: Api, seller: User, said: Message, emoji: str, is_one: bool
) -> None:
    answer = signed_in(seller).put(f"/v1/messages/{said.pk}/reactions/{quote(emoji)}")
    assert answer.status_code == (200 if is_one else 422)
    assert Reaction.objects.exists() == is_one


def test_a_message_has_so_many_kinds_of_reactions_and_each_of_any_number_of_people(
    signed_in: Api, buyer: User, seller: User, room: Room, said: Message
) -> None:
    def react(person: User, emoji: str) -> int:
        return signed_in(person).put(f"/v1/messages/{said.pk}/reactions/{quote(emoji)}").status_code

    kinds = [chr(0x1F400 + number) for number in range(MOST_EMOJI)]
    for emoji in kinds:
        changing.react(buyer, said.pk, emoji)
    assert react(seller, "🙈") == 403
    with CaptureQueriesContext(connection) as asked:
        assert react(seller, kinds[0]) == 200
    assert [each.emoji for each in Reaction.objects.filter(user=seller)] == [kinds[0]]
    assert any('DISTINCT "chat_reaction"."emoji"' in each["sql"] for each in asked), "every reaction was read"


@pytest.mark.parametrize("word", ["ok", "<b>", "ñandú", "👍" * 17])
def test_a_word_is_no_reaction(signed_in: Api, seller: User, said: Message, word: str) -> None:
    assert signed_in(seller).put(f"/v1/messages/{said.pk}/reactions/{quote(word, safe='')}").status_code == 422
    assert not Reaction.objects.exists()


def test_a_report_keeps_what_was_said(signed_in: Api, buyer: User, seller: User, stranger: User, said: Message) -> None:
    address, body = f"/v1/messages/{said.pk}/report", {"reason": "scam", "text": "wants money first"}
    assert signed_in(stranger).post(address, body, format="json").status_code == 404
    assert signed_in(buyer).post(address, body, format="json").status_code == 400
    answers = [signed_in(seller).post(address, body, format="json").status_code for _ in range(2)]
    assert answers == [201, 409]
    signed_in(buyer).delete(f"/v1/messages/{said.pk}")
    report = MessageReport.objects.get()
    assert [(each["sender"], each["body"]) for each in report.excerpt] == [("buyer", "hola")]


def test_a_report_sent_again_with_its_key_gets_the_first_answer(signed_in: Api, seller: User, said: Message) -> None:
    client, address = signed_in(seller), f"/v1/messages/{said.pk}/report"
    first, again = [
        client.post(address, {"reason": "scam"}, format="json", headers={"Idempotency-Key": "k1"}) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again["Idempotent-Replayed"], again.json()) == ("true", first.json())
    assert MessageReport.objects.count() == 1


def test_an_upheld_report_hides_the_message(
    signed_in: Api, in_admin: Callable[[User], Client], buyer: User, seller: User, moderator: User, said: Message
) -> None:
    signed_in(seller).post(f"/v1/messages/{said.pk}/report", {"reason": "scam"}, format="json")
    report = MessageReport.objects.get()
    address = f"/admin/chat/messagereport/{report.pk}/decide/uphold/"
    assert in_admin(moderator).post(address, {"reason": "asks for money outside"}).status_code == 302
    report.refresh_from_db()
    assert report.state == "upheld"
    for person in (buyer, seller):
        shown = signed_in(person).get(f"/v1/messages/{said.pk}").json()
        assert (shown["content"], shown["is_hidden"]) == (None, True)
    again = f"/admin/chat/messagereport/{report.pk}/decide/show-again/"
    in_admin(moderator).post(again, {"reason": "a mistake"})
    assert signed_in(seller).get(f"/v1/messages/{said.pk}").json()["content"] == "hola"


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("te pago por Nequi", ["off_platform_payment"]),
        ("escríbeme al 300 123 45 67", ["phone_number"]),
        ("mira www.example.com", ["link"]),
        ("mira mi-tienda-.shop/calculadoras", ["link"]),
        ("cuesta 150.000 pesos, 10/10/2026", []),
        ("nos vemos a las 3 en la biblioteca", []),
    ],
)
def test_readers_are_warned_and_nothing_is_stopped(buyer: User, room: Room, text: str, hints: list[str]) -> None:
    sent = sending.send(buyer, room.pk, Draft(text))
    assert Message.objects.get(pk=sent.message_id).hints == hints


@pytest.mark.parametrize("piece", ["a-", "-a", "1 ", "1.", "www", "western ", "@a ", "-"])
def test_looking_for_what_to_warn_of_is_quick_whatever_the_text(piece: str) -> None:
    started = time.thread_time()
    hints.of((piece * LONGEST_TEXT)[:LONGEST_TEXT])
    assert time.thread_time() - started < 0.2


def test_words_are_found_in_ones_own_rooms_alone(
    signed_in: Api, buyer: User, stranger: User, room: Room, said: Message
) -> None:
    sending.send(buyer, room.pk, Draft("La calculadora científica está en el almacén"))
    for asked, found in (("cientifica almacen", 1), ("calculadora", 1), ("hola calculadora", 0)):
        assert len(signed_in(buyer).get("/v1/messages/search", {"q": asked}).json()) == found
    assert signed_in(stranger).get("/v1/messages/search", {"q": "calculadora"}).json() == []
