"""Whatever is done at any door: what a phone held, and what it is told then, is what it would get anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Notification, User
from listings.models import Listing, Photo
from marketplace.common.ids import uuid7
from marketplace.sync.tests.conftest import Phone
from marketplace.sync.tests.copies import Copy, anew
from orders.models import Order
from orders.services import operations

# Committed for real: within one transaction everything is told again, and no missing stamp would be seen
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Campus:
    """Three people with phones, and what they do at their doors."""

    clients: dict[str, APIClient]
    copies: list[Copy]
    listing: Listing
    order: Order
    seen: dict[str, Any] = field(default_factory=dict)

    def do(
        self, who: str, method: str, path: str, body: Any = None, *, wanted: tuple[int, ...] = (200, 201, 202, 204)
    ) -> Any:
        reply = self.clients[who].generic(method, path, self._json(body), content_type="application/json")
        assert reply.status_code in wanted, (path, reply.content)
        return reply.json() if reply.content else None

    def sql(self, statement: str, *values: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    @staticmethod
    def _json(body: Any) -> str:
        import orjson

        return "" if body is None else orjson.dumps(body, default=str).decode()


@pytest.fixture
def campus(
    signed_in: Callable[..., APIClient],
    phone: Phone,
    buyer: User,
    seller: User,
    stranger: User,
    listing: Listing,
    make_listing: Callable[..., Listing],
    order: Order,
    settings: Settings,
) -> Campus:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    people = {"buyer": buyer, "seller": seller, "stranger": stranger}
    made = make_listing(of=5, title="Bata")
    copies = [*(phone(person) for person in people.values()), phone(None), phone(None, path="/v1/catalog/delta")]
    return Campus({name: signed_in(person) for name, person in people.items()}, copies, made, order)


# ── What people do, app by app ───────────────────────────────────────────────────────────────────


def offer(at: Campus) -> None:
    body = {
        "title": "Regla T",
        "price_cents": 900,
        "category_id": at.listing.category_id,
        "latitude": -2.1,
        "longitude": -79.9,
    }
    made = at.do("seller", "POST", "/v1/listings", body)
    at.do("seller", "POST", "/v1/listings", {**body, "state": "draft"})
    at.do("seller", "PATCH", f"/v1/listings/{made['id']}", {"price_cents": 800})


def pause_and_resume(at: Campus) -> None:
    at.do("seller", "PATCH", f"/v1/listings/{at.listing.pk}", {"is_active": False})


def remove(at: Campus) -> None:
    at.do("seller", "DELETE", f"/v1/listings/{at.listing.pk}")


def photograph(at: Campus) -> None:
    facts = {"listing": at.listing, "content_type": "image/jpeg", "size_bytes": 1, "storage_key": "listings/x/a.jpg"}
    photo = Photo.objects.create(**facts)
    Photo.objects.filter(pk=photo.pk).update(state="ready", width=4, height=3)


def take_a_picture_away(at: Campus) -> None:
    photograph(at)
    Photo.objects.all().delete()


def add_to_the_catalog(at: Campus) -> None:
    at.do("buyer", "POST", "/v1/categories", {"slug": "bicis", "name": "Bicis"})
    at.do("buyer", "POST", "/v1/brands", {"slug": "casio", "name": "Casio"})


def hide_a_brand_and_rename_a_category(at: Campus) -> None:
    at.sql("UPDATE listings_brand SET is_hidden = true WHERE slug = 'lenovo'")
    at.sql("UPDATE listings_category SET name = 'Celulares' WHERE slug = 'phones'")


def close_the_account_of_the_seller(at: Campus) -> None:
    at.sql("UPDATE listings_listing SET seller_is_active = false, version = version + 1")


def like_and_unlike(at: Campus) -> None:
    at.do("buyer", "PUT", f"/v1/listings/{at.listing.pk}/favourite")
    at.do("stranger", "PUT", f"/v1/listings/{at.listing.pk}/favourite")
    at.do("stranger", "DELETE", f"/v1/listings/{at.listing.pk}/favourite")


def order_and_pay(at: Campus) -> None:
    made = at.do("buyer", "POST", "/v1/orders", {"listing_id": at.listing.pk, "quantity": 2})
    at.do("buyer", "POST", f"/v1/orders/{made['id']}/pay")
    operations.drive(made["id"])
    at.do("buyer", "POST", "/v1/payments/capture", {"order_id": made["id"]})
    at.do("buyer", "POST", f"/v1/orders/{made['id']}/complete")
    at.seen["order"] = made["id"]


def cancel(at: Campus) -> None:
    at.do("buyer", "POST", f"/v1/orders/{at.order.pk}/cancel", {"reason": "me arrepentí"})


def review_each_other(at: Campus) -> None:
    order_and_pay(at)
    at.do("buyer", "POST", f"/v1/reviews/orders/{at.seen['order']}", {"rating": 5})
    at.do("seller", "POST", f"/v1/reviews/orders/{at.seen['order']}", {"rating": 4})


def talk(at: Campus) -> None:
    chat = at.do("buyer", "POST", "/v1/chats", {"listing_id": at.listing.pk})["id"]
    first = at.do("buyer", "POST", "/v1/messages", {"chat_id": chat, "content": "hola @seller"})
    second = at.do("seller", "POST", "/v1/messages", {"chat_id": chat, "content": "dime"})
    at.do("seller", "POST", "/v1/messages/mark-read", {"chat_id": chat})
    at.do("buyer", "PATCH", f"/v1/messages/{first['id']}", {"content": "hola, ¿sigue?"})
    at.do("buyer", "PUT", f"/v1/messages/{second['id']}/reactions/👍")
    at.do("seller", "DELETE", f"/v1/messages/{second['id']}")
    at.seen["chat"] = chat


def put_a_chat_away(at: Campus) -> None:
    talk(at)
    at.do("buyer", "DELETE", f"/v1/chats/{at.seen['chat']}")
    at.do("buyer", "PUT", f"/v1/rooms/{at.seen['chat']}/mute", {"until": "2030-01-01T00:00:00Z"})


def gather(at: Campus) -> None:
    room = at.do("buyer", "POST", "/v1/rooms", {"name": "Mudanza", "is_private": False})["id"]
    at.do("buyer", "POST", "/v1/messages", {"chat_id": room, "content": "vendo todo"})
    at.do("seller", "POST", f"/v1/rooms/{room}/join")
    at.do("stranger", "POST", f"/v1/rooms/{room}/join")
    at.do("buyer", "PATCH", f"/v1/rooms/{room}", {"is_private": True, "name": "Mudanza y más"})
    at.do("buyer", "POST", "/v1/messages", {"chat_id": room, "content": "entre nosotros"})
    at.seen["room"] = room


def scatter(at: Campus) -> None:
    gather(at)
    room, stranger = at.seen["room"], User.objects.get(username="stranger").pk
    at.do("seller", "POST", f"/v1/rooms/{room}/leave")
    at.do("buyer", "DELETE", f"/v1/rooms/{room}/members/{stranger}?ban=true")
    at.do("buyer", "POST", "/v1/messages", {"chat_id": room, "content": "ahora solo yo"})


def come_back(at: Campus) -> None:
    scatter(at)
    room, seller = at.seen["room"], User.objects.get(username="seller").pk
    at.do("buyer", "POST", f"/v1/rooms/{room}/members", {"user_id": seller})
    at.do("seller", "POST", f"/v1/rooms/{room}/join")
    at.do("buyer", "PATCH", f"/v1/rooms/{room}", {"is_private": False})


def call_oneself_otherwise(at: Campus) -> None:
    talk(at)
    at.do("buyer", "PATCH", "/v1/users/me", {"name": "Ana"})


def be_told_and_read(at: Campus) -> None:
    user = User.objects.get(username="buyer")
    told = [Notification.objects.create(user=user, kind="x", title="Hola", event_id=uuid7()) for _ in range(3)]
    at.do("buyer", "POST", f"/v1/notifications/{told[0].pk}/read")
    Notification.objects.filter(pk=told[1].pk).update(replaced_at="2026-01-01T00:00:00Z")
    Notification.objects.filter(pk=told[2].pk).delete()


def block(at: Campus) -> None:
    talk(at)
    at.do("seller", "PUT", f"/v1/users/{User.objects.get(username='buyer').pk}/block")


DEEDS = [
    *(offer, pause_and_resume, remove, photograph, take_a_picture_away, add_to_the_catalog),
    *(hide_a_brand_and_rename_a_category, close_the_account_of_the_seller, like_and_unlike, order_and_pay, cancel),
    *(review_each_other, talk, put_a_chat_away, gather, scatter, come_back, call_oneself_otherwise, be_told_and_read),
    block,
]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_the_copy_and_the_delta_make_what_is_there(campus: Campus, deed: Callable[[Campus], None]) -> None:
    deed(campus)

    for copy in campus.copies:
        assert copy.pull().everything == anew(copy)


def test_step_by_step_and_in_pages_of_one(campus: Campus) -> None:
    for copy in campus.copies:
        copy.limit = 1
    for deed in (talk, like_and_unlike, be_told_and_read):
        deed(campus)
        for copy in campus.copies:
            copy.page()
    for copy in campus.copies:
        copy.pull()
        assert copy.pull().everything == anew(copy)
