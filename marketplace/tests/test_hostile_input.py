"""Bodies and queries that break parsers: M9, T40, T41, T42. No 5xx, no HTML, whatever arrives."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.db import transaction
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.common.errors import InvalidInput
from marketplace.common.jsonio import loads
from marketplace.tests.routes import api_routes

NESTED = 3_000
BODIES: dict[str, tuple[bytes, str]] = {
    "open brackets": (b"[" * 100_000, "application/json"),
    "deep list": (b"[" * NESTED + b"]" * NESTED, "application/json"),
    "deep object": (b'{"a":' * NESTED + b"1" + b"}" * NESTED, "application/json"),
    "65 levels": (b"[" * 66 + b"]" * 66, "application/json"),
    "lone surrogate": (b'{"name":"\\ud800","email":"\\ud800","token":"\\ud800"}', "application/json"),
    "lone surrogate in a list": (b'{"email_hashes":["\\ud800"]}', "application/json"),
    "NUL": (b'{"name":"a\\u0000b","email":"a\\u0000@uni.edu","password":"a\\u0000bcdefgh"}', "application/json"),
    "NUL as a key": (b'{"\\u0000":1}', "application/json"),
    "raw NUL": (b'{"name":"\x00"}', "application/json"),
    "not UTF-8": (b'{"name":"\xff\xfe"}', "application/json"),
    "UTF-16": ('{"name":"a"}'.encode("utf-16"), "application/json"),
    "byte order mark": (b'\xef\xbb\xbf{"name":"a"}', "application/json"),
    "NaN": (b'{"name":NaN,"limit":NaN}', "application/json"),
    "infinity": (b'{"name":1e400,"email":-Infinity}', "application/json"),
    "a number of 5,000 digits": (b'{"name":' + b"9" * 5_000 + b"}", "application/json"),
    "a list": (b"[]", "application/json"),
    "a text": (b'"x"', "application/json"),
    "null": (b"null", "application/json"),
    "a number": (b"1", "application/json"),
    "true": (b"true", "application/json"),
    "wrong types": (b'{"name":{"a":1},"email":[],"password":7,"email_hashes":"x"}', "application/json"),
    "a megabyte of address": (b'{"email":"' + b"a" * 900_000 + b'@uni.edu"}', "application/json"),
    "many keys": (json.dumps({f"k{n}": n for n in range(20_000)}).encode(), "application/json"),
    "cut off": (b'{"name":"a', "application/json"),
    "charset rot13": (b'{"name":"a"}', "application/json; charset=rot13"),
    "charset zlib": (b'{"name":"a"}', "application/json; charset=zlib"),
    "charset unknown": (b'{"name":"a"}', "application/json; charset=nosuch"),
    "charset undefined": (b'{"name":"a"}', "application/json; charset=undefined"),
    "a form": (b"name=a&email=b", "application/x-www-form-urlencoded"),
    "1,001 form fields": (b"&".join(b"a%d=1" % n for n in range(1001)), "application/x-www-form-urlencoded"),
    "multipart without boundary": (b"x", "multipart/form-data"),
    "multipart with a bad boundary": (b"x", "multipart/form-data; boundary=\xff"),
    "an unknown type": (b"<x/>", "text/evil"),
    "no type at all": (b'{"name":"a"}', ""),
    "nothing": (b"", "application/json"),
}
QUERIES = [
    "lat=nan", "lat=1e309", "lon=181", "radius=-1", "page=99999999999999999999", "page_size=1000000", "q=%00",
    "q=%ED%A0%80", "q=%ff", "order_by=password", "since=0001-01-01T00:00:00%2B14:00", "limit=-1", "limit=nan",
    "limit=1&limit=x", "cursor=x", "cursor=%00", "cursor[]=1", "email=%00", "email=" + "a" * 4000,
    "email=a%0d%0ab@x.co",
    "q=%27%20OR%201=1--", "user__password__startswith=a", "format=api", "format=%00", "lang=%00", "lang=../../etc",
    "=", "&&&", "%", "%%%", "a=%zz", "\xff=1",
]  # fmt: skip


def api_doors() -> Iterator[tuple[str, list[str]]]:
    """Every path under /v1, with an id that fits where one is wanted, and the methods that write there."""
    for route, methods in api_routes():
        path = re.sub(r"<uuid:\w+>", "00000000-0000-7000-8000-000000000000", route)
        path = path.replace("<str:provider>", "simulator").replace("<str:emoji>", "%F0%9F%91%8D")
        path = path.replace("<str:question>", "2_1")
        assert "<" not in path, f"give {route} an id here"
        yield path, [method for method in methods if method != "get"]


def must_be_harmless(reply: Any, what: str) -> None:
    assert reply.status_code < 500, what
    if reply.status_code not in (204, 304):
        assert reply.headers["Content-Type"].startswith("application/json"), what


@pytest.mark.django_db
@pytest.mark.parametrize("name", BODIES)
def test_T42_no_body_breaks_any_route(
    name: str, signed_in: Callable[..., APIClient], buyer: User, settings: Any
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    body, content_type = BODIES[name]
    client = signed_in(buyer)
    for route, methods in api_doors():
        for method in (*methods, "options"):
            with transaction.atomic():
                reply = client.generic(method.upper(), route, body, content_type=content_type)  # type: ignore[arg-type]
                transaction.set_rollback(True)  # a logout that was understood must not end the test
            must_be_harmless(reply, f"{method} {route} with {name}")
    assert User.objects.filter(pk=buyer.pk, name="Buyer").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("query", QUERIES)
def test_T40_no_query_breaks_any_route(
    query: str, signed_in: Callable[..., APIClient], buyer: User, settings: Any
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    client = signed_in(buyer)
    for route in (*(path for path, _ in api_doors()), "/health", "/readyz", "/openapi.json", "/nowhere"):
        must_be_harmless(client.get(f"{route}?{query}"), f"GET {route}?{query}")


@pytest.mark.parametrize(
    "target",
    [b"/health?q=\xff\xfe", b"/health?q=%ff", b"/%ff%fe", b"/v1/\xc3\x28", b"//", b"/v1/../etc/passwd", b"/%00"],
)
def test_T40_raw_bytes_in_the_address_are_harmless(site: httpx.Client, target: bytes) -> None:
    host, port = str(site.base_url.host), int(site.base_url.port or 0)
    with socket.create_connection((host, port), timeout=10) as wire:
        wire.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        reply = b"".join(iter(lambda: wire.recv(65_536), b""))

    status = int(reply.split(b" ", 2)[1])
    assert status < 500
    assert b"<html" not in reply.lower()


@pytest.mark.django_db
def test_T41_a_line_break_in_a_query_stays_inside_its_log_line(
    anonymous: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    from marketplace.common.logs import SHARED, RedactingFormatter, _renderer

    anonymous.get("/nowhere?q=%0d%0aINFO fake line\r\nINFO raw")
    for readable in (True, False):
        formatter = RedactingFormatter(foreign_pre_chain=SHARED, processors=_renderer(readable=readable))
        for record in caplog.records:
            assert "\n" not in formatter.format(record)


@pytest.mark.parametrize(
    "body",
    [b"[" * 66 + b"]" * 66, b'{"a":"\\ud800"}', b'"\\u0000"', b'{"\\u0000":1}', b"NaN", b"[1", b"\xff", b"{,}"],
)
def test_T42_the_parser_refuses_with_a_422(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        loads(body)


def test_T42_what_is_ordinary_passes() -> None:
    body = {"a": [1, 2.5, "ñandú 🦤", None, True, {"b": {"c": []}}]}

    assert loads(json.dumps(body).encode()) == body
    assert loads(b"[" * 60 + b"]" * 60)


def test_T42_a_body_over_the_limit_is_a_413_whatever_it_claims(site: httpx.Client) -> None:
    too_much = b'{"name":"' + b"a" * 1_100_000 + b'"}'

    declared = site.post("/v1/auth/register", content=too_much)
    chunked = site.post("/v1/auth/register", content=(too_much[n : n + 9_999] for n in range(0, len(too_much), 9_999)))

    for reply in (declared, chunked):
        assert (reply.status_code, reply.json()["code"]) == (413, "too_large")
        assert reply.json()["request_id"] == reply.headers["x-request-id"]


def test_a_chunked_body_is_read_like_any_other(site: httpx.Client) -> None:
    body = json.dumps({"name": "Ana", "email": "ana@uni.edu", "password": "Passw0rd"}).encode()

    reply = site.post(
        "/v1/auth/register",
        content=(body[n : n + 7] for n in range(0, len(body), 7)),
        headers={"Content-Type": "application/json"},
    )

    assert reply.status_code == 201, reply.text
