"""What holds for every contract: its doors are in the API document under its name, and need no cookies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from marketplace.contracts import urls
from marketplace.contracts.common import ContractDoor


def doors(patterns: list[Any] = urls.urlpatterns, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from doors(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route, each.callback.cls  # type: ignore[attr-defined]  # each is a view class of DRF


DOORS = list(doors())


@pytest.mark.parametrize(("route", "door"), DOORS, ids=[route for route, _ in DOORS])
def test_a_door_names_its_contracts_and_needs_no_cookie(route: str, door: Any) -> None:
    assert issubclass(door, ContractDoor)
    assert door.contracts
    assert route.startswith(settings.PROGRAM_PREFIXES)


def test_every_door_is_in_the_api_document_under_the_name_of_its_contract() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    tagged = {
        tag for path in schema["paths"].values() for operation in path.values() for tag in operation.get("tags", [])
    }
    assert {name for _, door in DOORS for name in door.contracts} <= tagged


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("http://localhost:5173", "/products"),  # [be-head] [react]
        ("http://localhost:5173", "/chats/start"),
        ("http://localhost:4200", "/api/rooms/"),  # [ng]
        ("http://localhost:3000", "/api/uploads/"),  # [seed] of IzpoChat
        ("http://localhost:8080", "/api/users/login"),
    ],
)
def test_be_head_angular_and_seed_pages_of_these_origins_may_send_a_token(origin: str, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    reply = APIClient().options(path, headers={"Origin": origin, **asked})
    assert (reply.status_code, reply["Access-Control-Allow-Origin"]) == (200, origin)
    assert "authorization" in reply["Access-Control-Allow-Headers"]
    foe = APIClient().options(path, headers={"Origin": "https://evil.example", **asked})
    assert "Access-Control-Allow-Origin" not in foe.headers
