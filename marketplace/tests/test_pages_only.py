"""Programs and pages go different roads, and what nobody thought of goes the long one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from accounts.authentication import TokenAuthentication
from accounts.models import User
from marketplace.common.pages_only import PagesOnly
from marketplace.tests.routes import api_doors

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Callable[[str], HttpRequest]:
    """The request as the view gets it."""

    def travel(path: str) -> HttpRequest:
        arrived: list[HttpRequest] = []

        def view(request: HttpRequest) -> HttpResponse:
            arrived.append(request)
            return HttpResponse("x")

        PagesOnly(view)(RequestFactory().get(path))
        return arrived[0]

    return travel


@pytest.mark.parametrize("path", ["/", "/admin/", "/account/x", "/nobody-thought-of-it", "/v1", "/v10/x", "/V1/x"])
def test_everything_that_is_not_named_gets_session_and_person(road: Callable[[str], HttpRequest], path: str) -> None:
    assert hasattr(road(path), "session")
    assert hasattr(road(path), "user")


def test_programs_have_neither(road: Callable[[str], HttpRequest]) -> None:
    assert not hasattr(road("/v1/listings"), "session")
    assert not hasattr(road("/v1/listings"), "user")


def test_forms_of_pages_are_still_protected(administrator: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(administrator, backend="accounts.backends.GuardedBackend")

    assert browser.post("/admin/logout/").status_code == 403


def test_no_door_of_programs_would_trust_a_cookie() -> None:
    kinds = {kind for _, door in api_doors() for kind in door.authentication_classes}

    assert kinds
    assert all(issubclass(kind, TokenAuthentication) for kind in kinds)


def test_a_cookie_opens_nothing_under_v1(in_admin: Callable[[User], Client], administrator: User) -> None:
    assert in_admin(administrator).get("/v1/auth/me").status_code == 401


def test_a_foreign_host_is_refused_on_both_roads(anonymous: APIClient) -> None:
    assert anonymous.get("/v1/listings", HTTP_HOST="evil.example").status_code == 400
    assert anonymous.get("/", HTTP_HOST="evil.example").status_code == 400


def test_replies_to_programs_say_their_length_and_language(anonymous: APIClient) -> None:
    reply = anonymous.get("/v1/auth/me", headers={"Accept-Language": "es-CO"})

    assert int(reply["Content-Length"]) == len(reply.content)
    assert reply["Content-Language"] == "es"
    assert "Accept-Language" in reply["Vary"]
