"""Slow and silent people do not take the house down: F20, F7."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client

from marketplace.common.jsonio import loads
from marketplace.environment import database_url
from marketplace.front_door import BodyLimits, FrontDoor, Message, TooBusy


def scope(**facts: Any) -> dict[str, Any]:
    return {"type": "http", "path": "/", "query_string": b"", "method": "POST", "headers": [], **facts}


async def run(door: FrontDoor, receive: Callable[[], Awaitable[Message]], **facts: Any) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await door(scope(**facts), receive, send)
    return sent


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body + str(dict(scope["headers"])).encode()})


def pieces(*parts: bytes) -> Callable[[], Awaitable[Message]]:
    left = list(parts)

    async def receive() -> Message:
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    return receive


def door(**facts: Any) -> FrontDoor:
    return FrontDoor(echo, limits=BodyLimits(default=100), **facts)


def test_a_body_in_pieces_gets_the_length_that_wsgi_needs() -> None:
    sent = asyncio.run(run(door(), pieces(b"ab", b"", b"c"), headers=[(b"transfer-encoding", b"chunked")]))

    assert sent[1]["body"].startswith(b"abc")
    assert b"content-length': b'3'" in sent[1]["body"]
    assert b"transfer-encoding" not in sent[1]["body"]


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"5")], [(b"content-length", b"101")]])
def test_T25_more_than_the_limit_is_refused_whatever_was_claimed(headers: list[tuple[bytes, bytes]]) -> None:
    sent = asyncio.run(run(door(), pieces(b"x" * 60, b"x" * 60), headers=headers))

    assert sent[0]["status"] == 413
    assert loads(sent[1]["body"])["code"] == "too_large"


def test_a_body_that_stops_arriving_is_a_408() -> None:
    async def silence() -> Message:
        await asyncio.sleep(60)
        return {}

    sent = asyncio.run(run(door(idle_seconds=0.05), silence))

    assert (sent[0]["status"], loads(sent[1]["body"])["code"]) == (408, "too_slow")


def test_a_body_that_trickles_for_ever_is_a_408_too() -> None:
    async def trickle() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"", "more_body": True}

    sent = asyncio.run(run(door(idle_seconds=5, body_seconds=0.2), trickle))

    assert sent[0]["status"] == 408


def test_who_hangs_up_while_sending_reaches_no_view() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    assert asyncio.run(run(door(), gone)) == []


@pytest.mark.parametrize("query", [b"q=\xff\xfe", b"\x00", b"q=%zz&\xc3\xa9"])
def test_odd_bytes_in_a_query_become_ascii(query: bytes) -> None:
    facts = scope(query_string=query)

    async def go() -> None:
        async def send(_: Message) -> None:
            return None

        await door()(facts, pieces(b""), send)

    asyncio.run(go())
    assert facts["query_string"].isascii()


@pytest.fixture
def film(settings: Any) -> Any:
    """Larger than what the kernel and the server hold for a reader who does not read."""
    path = settings.MEDIA_ROOT / "listings" / "00000000-0000-7000-8000-00000000f11e.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + b"x" * 30_000_000)
    yield path
    path.unlink()


def test_F20_people_who_never_read_cost_their_connection_not_the_house(
    site: httpx.Client, film: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketplace import asgi

    monkeypatch.setattr(asgi.http, "_reading", 1.0)
    host, port = str(site.base_url.host), int(site.base_url.port or 0)
    hanging = [silent_reader(host, port, f"/media/listings/{film.name}") for _ in range(40)]
    try:
        answers = [site.get("/readyz").status_code for _ in range(3)]
    finally:
        for wire in hanging:
            wire.close()

    assert answers == [200] * 3


def silent_reader(host: str, port: int, path: str) -> socket.socket:
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect((host, port))
    wire.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return wire


@pytest.mark.django_db(transaction=True)
def test_F7_connections_that_died_with_the_database_are_replaced_not_handed_out() -> None:
    def use() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ready.wait()
        connection.close()

    ready = threading.Barrier(6, timeout=20)
    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
        )
        assert cursor.fetchone()[0] >= 5
    connection.close()

    replies = [Client().get("/readyz").json() for _ in range(8)]

    assert [reply for reply in replies if not reply["ready"]] == []


def test_what_a_database_address_says_of_encryption_is_kept() -> None:
    import environ

    address = database_url({"DATABASE_URL": "postgresql+asyncpg://a:b@h:5432/d?sslmode=require"})

    assert environ.Env.db_url_config(address)["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_comes_where_too_much_waits_is_told_to_come_back(method: str) -> None:
    async def full(*_: Any) -> None:
        raise TooBusy

    start, body = asyncio.run(run(FrontDoor(full, limits=BodyLimits(default=100)), pieces(b"x"), method=method))

    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"1")
    assert loads(body["body"])["code"] == "too_busy"
