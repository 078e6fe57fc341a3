"""PoliMarket's orders: brought by couriers, paid at the door. Its README has none of it; its React shop calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.contracts.tests.polimarket.conftest import told
from orders.models import Account, Order
from orders.services import operations, paying, placing

pytestmark = pytest.mark.django_db
As = Callable[..., APIClient]
Offer = Callable[..., dict[str, Any]]
TO = {"faculty": "FIEC", "building": "11-C", "payment_method": "Efectivo"}


@pytest.fixture
def product(leo: User, offer: Offer) -> dict[str, Any]:
    return offer(leo)


@pytest.fixture
def number(signed_in: As, ana: User, product: dict[str, Any]) -> int:
    """Of Ana's order."""
    order: int = signed_in(ana).post("/orders/create", {"product_id": product["id"], **TO}).json()["order_id"]
    return order


@pytest.mark.parametrize(
    ("faculty", "fee"), [("FCNM", 0.25), ("FIEC", 0.25), ("FIMCP", 0.25), ("FCV", 1.0), ("X", 0.5)]
)
def test_react_order_and_its_fee(signed_in: As, ana: User, product: dict[str, Any], faculty: str, fee: float) -> None:
    wish = {"product_id": product["id"], **TO, "faculty": faculty, "payment_method": "Transferencia"}
    body = signed_in(ana).post("/orders/create", wish).json()

    assert body == {"order_id": Order.objects.get().number, "fee": fee}


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"payment_method": "Tarjeta"}, 422), ({"faculty": ""}, 422), ({"product_id": 987_654_321}, 404)],
)
def test_react_order_refuses(
    signed_in: As, ana: User, product: dict[str, Any], changes: dict[str, Any], status: int
) -> None:
    reply = signed_in(ana).post("/orders/create", {"product_id": product["id"], **TO, **changes})

    assert reply.status_code == status
    assert not Order.objects.exists()


def test_react_order_of_ones_own_or_of_the_last_piece(signed_in: As, leo: User, stranger: User, number: int) -> None:
    product_id = Order.objects.get().listing.number
    wish = {"product_id": product_id, **TO}
    own, late = (signed_in(person).post("/orders/create", wish) for person in (leo, stranger))

    assert (own.status_code, own.json()["detail"]) == (400, "No puedes comprar tu propio producto")
    assert (late.status_code, late.json()["detail"]) == (409, "Este producto ya no está disponible")


def test_react_the_buyers_chat_tells_where_to(signed_in: As, ana: User, number: int) -> None:
    told()
    (chat,) = signed_in(ana).get("/chats/my").json()
    texts = [row["text"] for row in signed_in(ana).get(f"/chats/{chat['id']}/messages").json()]

    assert any("FIEC, 11-C" in text and "8.75" in text for text in texts), texts


def test_react_become_a_courier_by_the_secret_code(signed_in: As, ana: User, settings: Settings) -> None:
    settings.DELIVERY_SECRET_CODE = "on two wheels"
    client = signed_in(ana)
    wrong = client.post("/users/me/become-delivery", {"secret_code": "guess"})
    right = client.post("/users/me/become-delivery", {"secret_code": "on two wheels"})

    assert (wrong.status_code, wrong.json()["detail"]) == (403, "Código secreto incorrecto")
    assert (right.status_code, right.json()["is_delivery"]) == (200, True)
    settings.DELIVERY_SECRET_CODE = ""
    assert client.post("/users/me/become-delivery", {"secret_code": ""}).status_code == 422


def test_without_a_code_nobody_becomes_one(signed_in: As, ana: User, settings: Settings) -> None:
    settings.DELIVERY_SECRET_CODE = ""

    assert signed_in(ana).post("/users/me/become-delivery", {"secret_code": "x"}).status_code == 403


def test_react_couriers_see_what_is_to_be_brought(
    signed_in: As,
    ana: User,
    leo: User,
    courier: User,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(courier)
    with django_assert_num_queries(3):
        (row,) = client.get("/delivery/orders").json()

    assert row.pop("created_at").endswith("Z")
    assert row.pop("product")["title"] == "Desk lamp"
    assert row == {
        "id": number,
        "buyer_id": ana.number,
        "seller_id": leo.number,
        "product_id": Order.objects.get().listing.number,
        "faculty": "FIEC",
        "building": "11-C",
        "classroom": None,
        "payment_method": "Efectivo",
        "delivery_person_id": None,
        "delivery_fee": 0.25,
        "total_amount": 8.75,
        "status": "pending",
    }


def test_react_nobody_else_sees_them(signed_in: As, anonymous: APIClient, ana: User, number: int) -> None:
    for method, path in (("get", "/delivery/orders"), ("put", f"/delivery/orders/{number}")):
        reply = getattr(signed_in(ana), method)(path, {"status": "accepted"})
        assert (reply.status_code, reply.json()["detail"]) == (403, "Solo para repartidores")
        assert getattr(anonymous, method)(path).status_code == 401


def test_react_accept_opens_a_chat_between_buyer_and_courier(
    signed_in: As, ana: User, courier: User, number: int
) -> None:
    reply = signed_in(courier).put(f"/delivery/orders/{number}", {"status": "accepted"})
    told()

    assert reply.json() == {"status": "updated"}
    assert signed_in(courier).get("/delivery/orders").json()[0]["delivery_person_id"] == courier.number
    (chat,) = signed_in(courier).get("/chats/my").json()
    assert (chat["buyer_id"], chat["seller_id"]) == (ana.number, courier.number)
    assert "Carla" in signed_in(ana).get(f"/chats/{chat['id']}/messages").json()[0]["text"]
    product = {"product_id": chat["product_id"]}
    assert signed_in(ana).post("/chats/start", product).json()["chat_id"] != chat["id"]  # that one is the seller's


def test_react_accept_is_the_first_couriers(
    signed_in: As, courier: User, make_person: Callable[..., User], number: int
) -> None:
    other = make_person("other", is_delivery=True)
    path = f"/delivery/orders/{number}"
    signed_in(courier).put(path, {"status": "accepted"})
    late = signed_in(other).put(path, {"status": "accepted"})

    assert (late.status_code, late.json()["detail"]) == (400, "Este pedido ya fue aceptado por otro repartidor")
    assert signed_in(other).put(path, {"status": "completed"}).status_code == 403
    assert signed_in(courier).put(path, {"status": "pending"}).status_code == 422
    assert signed_in(courier).put("/delivery/orders/987654321", {"status": "accepted"}).status_code == 404
    assert signed_in(courier).get("/delivery/orders").json()[0]["status"] == "accepted"


def test_react_completed_is_sold_and_bought(signed_in: As, ana: User, leo: User, courier: User, number: int) -> None:
    for status in ("accepted", "completed"):
        assert signed_in(courier).put(f"/delivery/orders/{number}", {"status": status}).status_code == 200
    told()

    assert signed_in(courier).get("/delivery/orders").json() == []
    (bought,), (sold,) = signed_in(ana).get("/users/me/purchases").json(), signed_in(leo).get("/users/me/sales").json()
    assert bought == sold
    assert (sold["status"], sold["total_amount"], sold["product"]["title"]) == ("completed", 8.75, "Desk lamp")
    assert sold["delivery_person_id"] == courier.number
    assert signed_in(leo).get("/users/me/purchases").json() == []
    assert not Account.objects.exists()


def test_react_rejected_by_its_courier_ends_it(signed_in: As, ana: User, courier: User, number: int) -> None:
    for status in ("accepted", "rejected"):
        signed_in(courier).put(f"/delivery/orders/{number}", {"status": status})

    assert Order.objects.get().state == "cancelled"
    assert signed_in(ana).get("/users/me/purchases").json() == []


def test_what_was_sold_through_escrow_is_a_sale_as_well(signed_in: As, ana: User, leo: User, offer: Offer) -> None:
    number = offer(leo)["id"]
    listing = leo.listings.get(number=number)
    order = placing.place(ana, placing.Wish(listing.pk))[0]
    paying.pay(ana, order.pk)
    operations.drive(order.pk)
    assert signed_in(ana).post(f"/v1/orders/{order.pk}/complete").status_code == 200
    operations.drive(order.pk)

    (sold,) = signed_in(leo).get("/users/me/sales").json()
    assert (sold["id"], sold["total_amount"], sold["delivery_fee"], sold["faculty"]) == (order.number, 8.5, 0.0, None)
    assert sold["payment_method"] is None


def test_a_delivery_is_an_order_of_v1(signed_in: As, ana: User, number: int) -> None:
    order = Order.objects.get(number=number)
    body = signed_in(ana).get(f"/v1/orders/{order.pk}").json()

    assert (body["state"], body["status"], body["total_cents"]) == ("arranged", "created", 850)
