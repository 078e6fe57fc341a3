"""T12: without a good token nothing opens but what is named here, in the three families of chats."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Room
from marketplace.contracts.tests.test_skeleton import doors
from marketplace.tests.routes import METHODS

pytestmark = pytest.mark.django_db
FAMILIES = {"IzpoChat", "Chat starter", "SoporteIT"}
OPEN = {
    "post /api/users/register",
    "post /api/users/login",
    "post /api/auth/signup",
    "post /api/auth/login",
    "get /api/rooms/",
    "get /api/uploads/types/allowed",
}
CALLS = [
    (method, route)
    for route, door in doors()
    for method in METHODS
    if hasattr(door, method) and FAMILIES.intersection(door.contracts) and "PoliMarket" not in door.contracts
]


@pytest.mark.parametrize(("method", "route"), CALLS, ids=[f"{method} {route}" for method, route in CALLS])
def test_T12_a_missing_and_a_forged_token_are_refused(method: str, route: str, general: Room, buyer: User) -> None:
    path = route.replace("<int:number>", str(general.number)).replace("<str:username>", buyer.username)
    replies: list[Any] = [
        APIClient().generic(method.upper(), path, "{}", content_type="application/json", headers=headers)
        for headers in ({}, {"Authorization": "Bearer forged.token.here"})
    ]
    wanted = {401} if f"{method} {route}" not in OPEN else {200, 401, 422}
    for reply in replies:
        assert reply.status_code in wanted, reply.content
        assert reply["Cache-Control"] == "no-store"
    if f"{method} {route}" in OPEN:
        assert replies[0].status_code != 401
