"""T12: every route of the older families, for every kind of caller. A new route without a row here fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.contracts.tests.scene import CALLERS, Scene, everything
from marketplace.contracts.tests.test_skeleton import doors
from marketplace.tests.routes import METHODS, undone

pytestmark = pytest.mark.django_db

# what anonymous, a stranger (SoporteIT's `admin`), buyer, seller, courier, another courier and a moderator get
Row = tuple[int, int, int, int, int, int, int]
ALL: Row = (200, 200, 200, 200, 200, 200, 200)
OWN: Row = (401, 200, 200, 200, 200, 200, 200)
OWN_201: Row = (401, 201, 201, 201, 201, 201, 201)
FORM: Row = (401, 422, 422, 422, 422, 422, 422)  # one's own, and sent as a form
OPEN_FORM: Row = (422, 422, 422, 422, 422, 422, 422)
NOBODYS: Row = (404, 404, 404, 404, 404, 404, 404)
MEMBERS: Row = (401, 404, 200, 200, 404, 404, 404)
MEMBERS_201: Row = (401, 404, 201, 201, 404, 404, 404)
LEADS: Row = (401, 404, 403, 200, 404, 404, 404)
SELLERS: Row = (401, 403, 403, 200, 403, 403, 403)
MATRIX: dict[str, Row] = {
    # People: the number is the seller's
    "POST /auth/register": OPEN_FORM,
    "POST /auth/login": OPEN_FORM,
    "GET /auth/me": OWN,
    "GET /users/me": OWN,
    "PUT /users/me": OWN,
    "GET /users/<int:number>": ALL,
    # PoliMarket: the seller's product; their chat with the buyer; the buyer's order, which the courier brings
    "GET /products": ALL,
    "POST /products": FORM,
    "GET /products/<int:number>": ALL,
    "PUT /products/<int:number>": SELLERS,
    "DELETE /products/<int:number>": SELLERS,
    "POST /products/<int:number>/favorite": OWN,
    "POST /products/bulk-upload": FORM,
    "GET /products/bulk-upload/template": ALL,
    "GET /static/images/<str:name>": NOBODYS,
    "GET /chats/my": OWN,
    "POST /chats/start": (401, 200, 200, 400, 200, 200, 200),
    "GET /chats/<int:number>/messages": MEMBERS,
    "POST /chats/<int:number>/confirm_payment": LEADS,
    "GET /users": OWN,
    "GET /users/<int:number>/products": ALL,
    "POST /users/me/become-delivery": (401, 403, 403, 403, 403, 403, 403),  # by a wrong code
    "GET /users/me/favorites": OWN,
    "GET /users/me/sales": OWN,
    "GET /users/me/purchases": OWN,
    "POST /orders/create": (401, 200, 200, 400, 200, 200, 200),
    "GET /delivery/orders": (401, 403, 403, 403, 200, 200, 403),
    "PUT /delivery/orders/<int:number>": (401, 403, 403, 403, 200, 403, 403),
    # IzpoChat and Chat starter: the seller's private group, with the buyer in it, and the file that was sent there
    "POST /api/users/register": OPEN_FORM,
    "POST /api/users/login": OPEN_FORM,
    "GET /api/users/me": OWN,
    "PUT /api/users/me": OWN,
    "GET /api/users/me/rooms": OWN,
    "GET /api/users/me/files": OWN,
    "GET /api/users/": OWN,
    "GET /api/users": OWN,
    "GET /api/users/<int:number>": OWN,
    "GET /api/users/username/<str:username>": OWN,
    "GET /api/rooms/": ALL,
    "POST /api/rooms/": OWN_201,
    "GET /api/rooms": OWN,
    "POST /api/rooms": OWN_201,
    "GET /api/rooms/<int:number>": MEMBERS,
    "PUT /api/rooms/<int:number>": LEADS,
    "POST /api/rooms/<int:number>/join": MEMBERS,
    "POST /api/rooms/<int:number>/leave": (401, 404, 200, 400, 404, 404, 404),
    "GET /api/rooms/<int:number>/members": MEMBERS,
    "POST /api/rooms/<int:number>/members": (401, 404, 403, 201, 404, 404, 404),
    "GET /api/rooms/<int:number>/messages": MEMBERS,
    "POST /api/rooms/<int:number>/messages": MEMBERS_201,
    "GET /api/ws/rooms/<int:number>/online": MEMBERS,
    "GET /api/uploads/": OWN,
    "POST /api/uploads/": FORM,
    "POST /api/uploads/multiple": FORM,
    "GET /api/uploads/types/allowed": ALL,
    "GET /api/uploads/<int:number>": MEMBERS,
    "DELETE /api/uploads/<int:number>": (401, 404, 403, 409, 404, 404, 404),
    "GET /api/uploads/<int:number>/download": MEMBERS,
    "POST /api/auth/signup": OPEN_FORM,
    "POST /api/auth/login": OPEN_FORM,
    "GET /api/auth/me": OWN,
    "GET /api/messages/<int:number>": MEMBERS,
    "GET /api/messages/<int:number>/recent": MEMBERS,
    # SoporteIT: a message to the seller
    "GET /users/admins": OWN,
    "GET /users/clients": OWN,
    "GET /messages/history": OWN,
    "POST /messages/send": (401, 201, 201, 400, 201, 201, 201),
}
# what is sent where an empty object would not get as far as the question who may
BODIES = {
    "PUT /products/<int:number>": '{"title": "Changed"}',
    "POST /chats/start": '{"product_id": {/products/}}',
    "POST /users/me/become-delivery": '{"secret_code": "a guess"}',
    "POST /orders/create": '{"product_id": {/products/}, "faculty": "FIEC", "building": "1", "payment_method": '
    '"Efectivo"}',
    "PUT /delivery/orders/<int:number>": '{"status": "completed"}',
    "POST /api/rooms/": '{"name": "Chess"}',
    "POST /api/rooms": '{"name": "Chess"}',
    "PUT /api/rooms/<int:number>": '{"name": "Chess"}',
    "POST /api/rooms/<int:number>/members": '{"username": "stranger"}',
    "POST /api/rooms/<int:number>/messages": '{"content": "hola"}',
    "POST /messages/send": '{"content": "hola", "receiver_id": {/users/}}',
}
TAKES_FORMS = {"POST /api/uploads/", "POST /api/uploads/multiple"}


def test_T12_every_route_of_the_contracts_has_a_row_and_every_row_a_route() -> None:
    routes = {f"{method.upper()} {route}" for route, door in doors() for method in METHODS if hasattr(door, method)}

    assert routes == set(MATRIX)


@pytest.mark.parametrize("caller", CALLERS)
def test_T12_everybody_gets_what_is_theirs_and_a_refusal_changes_nothing(
    caller: str,
    scene: Scene,
    signed_in: Callable[[User], APIClient],
) -> None:
    """Nor is anybody's e-mail address in an answer but one's own."""
    client = APIClient() if caller == "anonymous" else signed_in(scene.people[caller])
    column, before = CALLERS.index(caller), everything()
    own_address = f"{caller}@uni.edu".encode()
    got: dict[str, int] = {}
    for row in MATRIX:
        with undone():
            got[row], said = _ask(client, row, scene)
            assert b"@uni.edu" not in said.replace(own_address, b""), row
            if row.startswith("GET ") or got[row] >= 400:
                assert everything() == before, row

    assert got == {row: wanted[column] for row, wanted in MATRIX.items()}


def _ask(client: APIClient, row: str, scene: Scene) -> tuple[int, bytes]:
    method, route = row.split(" ")
    path, body = scene.path(route), scene.filled(BODIES.get(row, "{}"))
    reply: Any
    if row in TAKES_FORMS:
        reply = client.post(path, {"note": "no file"}, format="multipart")
    else:
        reply = client.generic(method, path, body, content_type="application/json")
    return reply.status_code, b"".join(reply) if reply.streaming else reply.content
