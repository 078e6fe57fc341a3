"""PoliMarket's chats over HTTP: the three rows of its README, and the confirmation of a payment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Message, Room
from chat.services import opening, sending
from chat.services.sending import Draft
from marketplace.contracts.tests.polimarket.conftest import told
from orders.services import placing

pytestmark = pytest.mark.django_db
As = Callable[..., APIClient]
Offer = Callable[..., dict[str, Any]]


@pytest.fixture
def product(leo: User, offer: Offer) -> dict[str, Any]:
    return offer(leo)


@pytest.fixture
def chat(signed_in: As, ana: User, product: dict[str, Any]) -> int:
    """Ana's, with Leo, about his lamp."""
    number: int = signed_in(ana).post("/chats/start", {"product_id": product["id"]}).json()["chat_id"]
    return number


@pytest.mark.parametrize("format", ["json", "multipart", "query", "urlencoded"])
def test_readme_start_takes_every_form_and_answers_the_same_chat(
    signed_in: As, ana: User, product: dict[str, Any], format: str
) -> None:
    """[seed] form, [be-v1] and [js-v1] query, [be-head] and [react] JSON."""
    client, number = signed_in(ana), product["id"]
    if format == "query":
        reply = client.post(f"/chats/start?product_id={number}")
    elif format == "urlencoded":
        reply = client.post("/chats/start", f"product_id={number}", content_type="application/x-www-form-urlencoded")
    else:
        reply = client.post("/chats/start", {"product_id": number}, format=format)
    again = client.post("/chats/start", {"product_id": number})

    room = Room.objects.get()
    assert (reply.status_code, reply.json()) == (200, {"chat_id": room.number})
    assert again.json() == reply.json()


def test_readme_start_refuses(
    signed_in: As, anonymous: APIClient, ana: User, leo: User, product: dict[str, Any]
) -> None:
    own = signed_in(leo).post("/chats/start", {"product_id": product["id"]})
    unknown = signed_in(ana).post("/chats/start", {"product_id": 987_654_321})

    assert (own.status_code, own.json()["detail"]) == (400, "No puedes chatear contigo mismo")
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "Producto no existe")
    assert signed_in(ana).post("/chats/start", {}).status_code == 422
    assert anonymous.post("/chats/start", {"product_id": product["id"]}).status_code == 401
    assert not Room.objects.exists()


def test_a_key_is_good_for_one_product_however_it_is_named(signed_in: As, ana: User, leo: User, offer: Offer) -> None:
    one, two = offer(leo)["id"], offer(leo)["id"]
    client, key = signed_in(ana), {"Idempotency-Key": "start-1"}

    assert client.post(f"/chats/start?product_id={one}", headers=key).status_code == 200
    assert client.post(f"/chats/start?product_id={two}", headers=key).status_code == 422


def test_readme_my_chats_embed_what_the_pages_wait_for(
    signed_in: As,
    ana: User,
    leo: User,
    product: dict[str, Any],
    chat: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """[react] shows a chat room only once `chat.product` is there; [js-v1] reads buyer and seller as well."""
    client = signed_in(ana)
    with django_assert_num_queries(3):
        (row,) = client.get("/chats/my").json()

    assert row.pop("created_at").endswith("Z")
    assert row == {
        "id": chat,
        "product_id": product["id"],
        "buyer_id": ana.number,
        "seller_id": leo.number,
        "payment_confirmed": False,
        "product": {"id": product["id"], "title": "Desk lamp", "price": 8.5, "image_url": product["image_url"]},
        "buyer": {"id": ana.number, "name": "Ana Ruiz", "profile_image": None},
        "seller": {"id": leo.number, "name": "Leo", "profile_image": None},
    }


def test_readme_my_chats_are_newest_first_and_of_both_parties(
    signed_in: As, ana: User, leo: User, stranger: User, offer: Offer, chat: int
) -> None:
    second = signed_in(ana).post("/chats/start", {"product_id": offer(leo)["id"]}).json()["chat_id"]

    for person in (ana, leo):
        assert [row["id"] for row in signed_in(person).get("/chats/my").json()] == [second, chat]
    assert signed_in(stranger).get("/chats/my").json() == []


def test_readme_messages_are_oldest_first(signed_in: As, ana: User, leo: User, chat: int) -> None:
    room = Room.objects.get()
    for author, text in ((ana, "hola"), (leo, "buenas"), (ana, "¿sigue?")):
        sending.send(author, room.pk, Draft(text))

    rows = signed_in(leo).get(f"/chats/{chat}/messages").json()

    assert [row["text"] for row in rows] == ["hola", "buenas", "¿sigue?"]
    first = rows[0]
    assert first.pop("created_at").endswith("Z")
    number = Message.objects.earliest("seq").number
    shown = {"id": number, "chat_id": chat, "author_id": ana.number, "author_name": "Ana Ruiz", "text": "hola"}
    assert first == shown


@pytest.mark.parametrize("path", ["/chats/{}/messages", "/chats/987654321/messages"])
def test_readme_messages_are_the_members_alone(
    signed_in: As, anonymous: APIClient, stranger: User, chat: int, path: str
) -> None:
    """A chat that is not there and one that is not yours are refused alike."""
    reply = signed_in(stranger).get(path.format(chat))

    assert (reply.status_code, reply.json()["detail"]) == (404, "Chat no encontrado")
    assert anonymous.get(path.format(chat)).status_code == 401


def test_react_two_open_chats_ask_again_every_two_seconds(
    signed_in: As, ana: User, chat: int, settings: Settings
) -> None:
    """For a minute, under the limit that everybody has."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "default": "120/minute"}
    client = signed_in(ana)
    paths = ("/chats/my", f"/chats/{chat}/messages")

    assert {client.get(path).status_code for path in paths for _ in range(2 * 30)} == {200}


def test_what_v1_says_in_the_chat_is_read_here(signed_in: As, ana: User, chat: int) -> None:
    room = Room.objects.get()
    body = {"chat_id": str(room.pk), "content": "desde /v1", "client_id": "a"}
    assert signed_in(ana).post("/v1/messages", body).status_code == 201

    assert signed_in(ana).get(f"/chats/{chat}/messages").json()[0]["text"] == "desde /v1"


def test_the_product_itself_speaks_without_an_author(
    signed_in: As, ana: User, product: dict[str, Any], chat: int
) -> None:
    listing_id = Room.objects.get().listing_id
    assert listing_id is not None
    placing.place(ana, placing.Wish(listing_id))
    told()

    (row,) = signed_in(ana).get(f"/chats/{chat}/messages").json()
    assert (row["author_id"], row["author_name"]) == (None, "PoliMarket")


def test_a_message_that_was_taken_back_says_nothing(signed_in: As, ana: User, chat: int) -> None:
    sent = sending.send(ana, Room.objects.get().pk, Draft("oops"))
    assert signed_in(ana).delete(f"/v1/messages/{sent.message_id}").status_code in (200, 204)

    assert [row["text"] for row in signed_in(ana).get(f"/chats/{chat}/messages").json()] == [""]


def test_react_the_seller_confirms_a_payment_once(
    signed_in: As, ana: User, leo: User, stranger: User, chat: int
) -> None:
    path = f"/chats/{chat}/confirm_payment"
    assert (signed_in(ana).post(path).status_code, signed_in(stranger).post(path).status_code) == (403, 404)
    assert not Message.objects.exists()

    for _ in range(2):
        assert signed_in(leo).post(path).json() == {"status": "confirmed"}

    assert signed_in(ana).get("/chats/my").json()[0]["payment_confirmed"] is True
    (row,) = signed_in(ana).get(f"/chats/{chat}/messages").json()
    assert (row["author_id"], row["text"]) == (leo.number, "Payment confirmed.")


def test_it_is_confirmed_in_the_buyers_language(signed_in: As, ana: User, leo: User, chat: int) -> None:
    User.objects.filter(pk=ana.pk).update(language="es")
    signed_in(leo).post(f"/chats/{chat}/confirm_payment")

    assert signed_in(ana).get(f"/chats/{chat}/messages").json()[0]["text"] == "Pago confirmado."


def test_groups_and_direct_rooms_are_no_chats_here(signed_in: As, ana: User, leo: User) -> None:
    room, _ = opening.between(ana, leo)

    assert signed_in(ana).get("/chats/my").json() == []
    assert signed_in(ana).get(f"/chats/{room.number}/messages").status_code == 404
