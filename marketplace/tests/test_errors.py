"""Every error is JSON of one shape with a request id, also Django's own: T42 (shape), T43."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import httpx
import psycopg
import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.common import errors
from marketplace.common.handler import translate


def must_be_our_error(reply: Any, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status
    assert reply.headers["Content-Type"] == "application/json"
    body: dict[str, Any] = json.loads(reply.content)
    assert body["code"] == code
    assert body["request_id"] == reply.headers["X-Request-ID"]
    return body


@pytest.mark.django_db
def test_404_405_and_401_are_json(anonymous: APIClient, signed_in: Callable[..., APIClient], buyer: User) -> None:
    must_be_our_error(anonymous.get("/v1/nothing/here"), 404, "not_found")
    must_be_our_error(anonymous.get("/nowhere"), 404, "not_found")
    must_be_our_error(anonymous.get("/v1/auth/me"), 401, "not_authenticated")
    must_be_our_error(signed_in(buyer).delete("/v1/auth/me"), 405, "method_not_allowed")


@pytest.mark.django_db
def test_T43_a_foreign_host_name_is_a_400(anonymous: APIClient) -> None:
    must_be_our_error(anonymous.get("/health", HTTP_HOST="evil.example"), 400, "bad_request")


@pytest.mark.django_db
def test_T43_a_fault_of_ours_shows_only_its_request_id() -> None:
    client = Client(raise_request_exception=False)
    with (
        patch("marketplace.common.health._ask_database", side_effect=ValueError),
        patch(
            "marketplace.common.health.json_response", side_effect=RuntimeError("secret: SELECT * FROM keys /srv/app")
        ),
    ):
        reply = client.get("/health")

    body = must_be_our_error(reply, 500, "server_error")
    assert set(body) == {"detail", "code", "request_id"}
    assert b"secret" not in reply.content
    assert b"Traceback" not in reply.content


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1/auth/me", "/health", "/nowhere", "/docs", "/"])
def test_T43_safe_headers_are_on_every_reply(anonymous: APIClient, path: str) -> None:
    reply = anonymous.get(path)

    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["X-Frame-Options"] == "DENY"
    assert "default-src" in reply["Content-Security-Policy"]
    assert "unsafe-eval" not in reply["Content-Security-Policy"]
    assert reply["Referrer-Policy"] == "same-origin"
    assert "Server" not in reply.headers
    assert "X-Powered-By" not in reply.headers


def test_T43_the_server_does_not_name_itself(site: httpx.Client) -> None:
    reply = site.get("/health")

    assert reply.status_code == 200
    assert "server" not in reply.headers


@pytest.mark.django_db
def test_T43_only_listed_origins_may_read_replies(anonymous: APIClient) -> None:
    friend = anonymous.get("/v1/auth/me", HTTP_ORIGIN="http://localhost:5173")
    foe = anonymous.get("/v1/auth/me", HTTP_ORIGIN="https://evil.example")

    assert friend["Access-Control-Allow-Origin"] == "http://localhost:5173"
    assert "Access-Control-Allow-Credentials" not in friend.headers
    assert "Access-Control-Allow-Origin" not in foe.headers
    preflight = anonymous.options(
        "/v1/auth/login",
        HTTP_ORIGIN="http://localhost:4200",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization",
    )
    assert "authorization" in preflight["Access-Control-Allow-Headers"]


@pytest.mark.django_db
def test_T43_metrics_are_for_the_machine_or_the_token(anonymous: APIClient, settings: Any) -> None:
    assert anonymous.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 404
    settings.IS_LOCAL = False
    assert anonymous.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "m" * 32
    assert anonymous.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong").status_code == 404
    allowed = anonymous.get("/metrics", HTTP_AUTHORIZATION="Bearer " + "m" * 32)
    assert allowed.status_code == 200
    assert b"http_requests_total" in allowed.content


@pytest.mark.parametrize(
    ("state", "status"),
    [("55P03", 503), ("40P01", 503), ("40001", 503), ("57014", 503), ("57P01", 503), ("53300", 503), ("08006", 503)],
)
def test_a_busy_or_absent_database_is_a_503_to_be_tried_again(state: str, status: int) -> None:
    cause = psycopg.errors.lookup(state)("x") if state in psycopg.errors._sqlcodes else psycopg.OperationalError("x")
    cause.sqlstate = state
    error = OperationalError("x")
    error.__cause__ = cause

    told = translate(error)

    assert told is not None
    assert told.status == status
    assert int(told.headers["Retry-After"]) >= 1


def test_health_says_503_with_the_same_body_when_the_database_is_away() -> None:
    from marketplace.common import health

    with patch.object(health, "_ask_database", side_effect=OperationalError("password=hunter2 host=10.0.0.1")):
        reply = health.health(RequestFactory().get("/health"))

    body = json.loads(reply.content)
    assert reply.status_code == 503
    assert (body["ok"], body["status"], body["db"]) == (False, "unhealthy", "error: OperationalError")
    assert b"hunter2" not in reply.content


@pytest.mark.django_db
def test_health_is_the_superset_of_the_contracts(anonymous: APIClient) -> None:
    body = anonymous.get("/health").json()

    assert {"ok", "db", "redis", "s3", "env", "version", "s3_public_endpoint", "status", "service"} == set(body)
    assert (body["status"], body["ok"], body["db"], body["redis"]) == ("healthy", True, "ok", "ok")
    assert anonymous.get("/readyz").json()["ready"] is True


@pytest.mark.django_db
def test_the_root_is_a_banner_for_programs_and_a_page_for_people(anonymous: APIClient) -> None:
    assert {"docs", "health", "api"} <= set(anonymous.get("/").json())
    page = anonymous.get("/", HTTP_ACCEPT="text/html,*/*")
    assert page["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_pages_for_people_fail_as_pages(anonymous: APIClient, in_admin: Any, administrator: User) -> None:
    reply = in_admin(administrator).get("/admin/nothing/here/")

    assert reply.status_code == 404
    assert reply["Content-Type"].startswith("text/html")


def test_a_domain_error_knows_its_code_status_and_text() -> None:
    error = errors.Conflict("taken", extra={"allowed": ["cancel"]})

    assert error.body() == {"detail": "taken", "code": "conflict", "allowed": ["cancel"]}
    assert error.status == 409
