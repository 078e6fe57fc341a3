"""T29 to T32: who may open a socket, how they show it, and how it ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient
from websockets.exceptions import InvalidStatus

from accounts.models import Session, User
from accounts.services import people, sessions
from accounts.tokens import pair_for
from chat import announcing
from chat.realtime import limits
from chat.tests.sockets import in_thread, opened, run, signed_in, timed, token_of
from conftest import session_of
from marketplace.common import outbox


def lived(person: User, *, left: float) -> str:
    """A token of theirs with so many seconds left."""
    session = session_of(person)
    session.rotated_at = timezone.now() - timedelta(minutes=30) + timedelta(seconds=left)
    return pair_for(session).access


def refusals(person: User) -> dict[str, str]:
    good = token_of(person)
    head, payload, signature = good.split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    return {
        "nonsense": "?token=nonsense",
        "empty": "?token=",
        "another signature": f"?token={head}.{payload}.{signature[:-4]}AAAA",
        "alg none": f"?token={none}.{payload}.",
        "refresh": f"?token={pair_for(session_of(person)).refresh}",
        "two": f"?token={good}&token={good}",
        "a ticket that never was": "?ticket=abc",
    }


def test_T29_bad_tokens_are_told_why_and_closed(address: str, buyer: User) -> None:
    queries = refusals(buyer)

    async def talk() -> None:
        for name, query in queries.items():
            async with opened(address, query) as one:
                code = await one.closed()
                assert (name, code) == (name, 4501)
                assert [shown["type"] for shown in one.heard] == ["error"]

    run(talk)


def test_T29_a_token_that_has_run_out_is_worth_another_try(address: str, buyer: User) -> None:
    token = lived(buyer, left=-60)

    async def talk() -> None:
        async with opened(address, f"?token={token}") as one:
            assert await one.closed() == 4401
            assert one.heard[0]["code"] == "token_expired"

    run(talk)


def test_T29_who_is_disabled_or_signed_out_stays_out(address: str, buyer: User, seller: User) -> None:
    tokens = token_of(buyer), token_of(seller)
    people.disable(buyer, actor=None, reason="fraud", now=timezone.now())
    sessions.end_sessions(seller, by=Session.Ended.LOGOUT, now=timezone.now())

    async def talk() -> None:
        for token, code in zip(tokens, (4503, 4501), strict=True):
            async with opened(address, f"?token={token}") as one:
                assert await one.closed() == code

    run(talk)


def test_T29_an_endless_token_is_refused_by_the_server(address: str) -> None:
    async def talk() -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(address, f"?token={'a' * 100_000}"):
                pass
        assert refused.value.response.status_code == 414

    run(talk)


def test_every_place_to_show_a_token_is_good(
    address: str, buyer: User, signed_in_api: Callable[[User], APIClient]
) -> None:
    token = token_of(buyer)
    ticket = signed_in_api(buyer).post("/v1/ws/ticket").json()["ticket"]

    async def talk() -> None:
        ways: list[dict[str, Any]] = [
            {"query": f"?token={token}"},
            {"query": f"?ticket={ticket}"},
            {"additional_headers": {"Authorization": f"Bearer {token}"}},
            {"subprotocols": ["market.v1", f"bearer.{token}"]},
        ]
        for way in ways:
            async with opened(address, **way) as one:
                shown = await one.until("welcome")
                assert shown["user"]["username"] == "buyer"
                assert one.connection.subprotocol == ("market.v1" if "subprotocols" in way else None)
        async with opened(address) as one:
            assert (await one.ask("auth", "welcome", token=token))["protocol"] == 1

    run(talk)


@pytest.fixture
def signed_in_api(signed_in: Callable[..., APIClient]) -> Callable[[User], APIClient]:
    return signed_in


def test_who_says_nothing_or_something_else_first_is_closed(
    address: str, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = limits.current

    async def talk() -> None:
        async with opened(address) as one:
            await one.say("ping")
            assert await one.closed() == 4501
            assert one.heard[0]["code"] == "not_authenticated"
        async with opened(address) as one:
            with timed() as seconds:
                assert await one.closed() == 4501
            assert one.heard[0]["code"] == "auth_timeout"
            assert 4 < seconds() < 7

    assert patient().sign_in_seconds == 5.0
    run(talk)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_T30_another_sites_page_is_refused_with_a_good_token(address: str, buyer: User, origin: str) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(address, f"?token={token}", origin=origin):
                pass
        assert refused.value.response.status_code == 403

    run(talk)


def test_T30_our_own_page_and_apps_without_an_origin_come_in(address: str, buyer: User, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.edu"]
    token = token_of(buyer)

    async def talk() -> None:
        for origin in (None, settings.BASE_URL, "https://app.example.edu", address):
            async with opened(address, f"?token={token}", origin=origin) as one:
                await one.until("welcome")

    run(talk)


def test_T32_a_token_is_renewed_in_place(address: str, buyer: User) -> None:
    short, long = lived(buyer, left=2), token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, short) as one:
            assert (await one.until("token_expiring"))["expires_in"] <= 2
            shown = await one.ask("auth.refresh", "auth.refreshed", token=long)
            assert shown["token_exp"] > time.time() + 600
            await asyncio.sleep(2.2)
            await one.ask("ping", "pong")

    run(talk)


def test_T32_nothing_is_heard_after_a_token_has_run_out(address: str, buyer: User) -> None:
    token = lived(buyer, left=2)

    async def talk() -> None:
        async with signed_in(address, token) as one:
            with timed() as seconds:
                assert await one.closed() == 4401
            assert seconds() < 4
            assert one.heard[-1]["code"] == "token_expired"

    run(talk)


def test_T32_another_persons_token_does_not_renew(address: str, buyer: User, seller: User) -> None:
    tokens = token_of(buyer), token_of(seller)

    async def talk() -> None:
        async with signed_in(address, tokens[0]) as one:
            await one.say("auth.refresh", token=tokens[1])
            assert await one.closed() == 4501

    run(talk)


@pytest.mark.parametrize("how", ["signed out", "disabled"])
def test_T32_who_is_signed_out_or_disabled_is_closed_at_once(
    address: str, other_address: str, buyer: User, seller: User, how: str
) -> None:
    tokens = token_of(buyer), token_of(seller)
    now = timezone.now()

    def end() -> None:
        if how == "disabled":
            people.disable(buyer, actor=None, reason="fraud", now=now)
        else:
            sessions.end_sessions(buyer, by=Session.Ended.PASSWORD, now=now)
        outbox.deliver_due()

    async def talk() -> None:
        async with (
            signed_in(address, tokens[0]) as one,
            signed_in(other_address, tokens[0]) as two,
            signed_in(address, tokens[1]) as other,
        ):
            await asyncio.sleep(0.2)
            await in_thread(end)
            with timed() as seconds:
                codes = [await each.closed() for each in (one, two)]
            assert seconds() < 1
            assert codes == [4503 if how == "disabled" else 4501] * 2
            await other.ask("ping", "pong")

    run(talk)


def test_T32_a_word_that_got_lost_is_made_good_by_asking(
    address: str, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(buyer)
    assert limits.current().poll_seconds == 60
    monkeypatch.setattr("chat.realtime.hub.current", lambda: limits.Limits(10, 200, 0.0, poll_seconds=0.5))
    lost: list[str] = []
    monkeypatch.setattr(announcing, "to_hubs", lambda told: lost.append(told["type"]))

    def end() -> None:
        sessions.end_sessions(buyer, by=Session.Ended.LOGOUT, now=timezone.now())
        outbox.deliver_due()

    async def talk() -> None:
        async with signed_in(address, token) as one:
            await in_thread(end)
            assert lost == ["session.ended"]
            assert await one.closed() == 4501
            assert one.heard[-1]["code"] == "session_ended"

    run(talk)


def test_the_oldest_socket_makes_room_for_the_eleventh(address: str, buyer: User, settings: Settings) -> None:
    token = token_of(buyer)

    async def talk() -> None:
        async with signed_in(address, token) as oldest:
            others = [signed_in(address, token) for _ in range(10)]
            talks = [await other.__aenter__() for other in others]
            assert await oldest.closed() == 4504
            for one in talks:
                await one.ask("ping", "pong")
                await one.connection.close()

    run(talk)


def test_an_address_has_so_many_sockets_and_handshakes(address: str, buyer: User, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "socket_address": "2/minute", "socket_person": "off"}
    token = token_of(buyer)

    async def talk() -> None:
        for _ in range(2):
            async with signed_in(address, token):
                pass
        async with opened(address, f"?token={token}") as one:
            assert await one.closed() == 4029
            assert one.heard[0]["retry_after"] > 0

    run(talk)


def test_there_is_no_other_address(address: str) -> None:
    async def talk() -> None:
        import websockets

        with pytest.raises(InvalidStatus):
            async with websockets.connect(address.replace("http", "ws") + "/v1/wss"):
                pass

    run(talk)


def test_T31_a_token_in_an_address_is_in_no_log(address: str, buyer: User, caplog: pytest.LogCaptureFixture) -> None:
    """What uvicorn says of a socket goes through the formatter of all logs; the suite greps the files as well."""
    import logging

    from marketplace.common.logs import RedactingFormatter

    token = token_of(buyer)
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(RedactingFormatter(processor=lambda *_: str(_[2]["event"])).format(record))

    handler = Kept()
    logging.getLogger("uvicorn.error").addHandler(handler)
    try:
        run(lambda: _come_and_go(address, token))
    finally:
        logging.getLogger("uvicorn.error").removeHandler(handler)
    said = json.dumps(lines)
    assert "/v1/ws" in said
    assert token.split(".")[2] not in said


async def _come_and_go(address: str, token: str) -> None:
    async with opened(address, f"?token={token}") as one:
        await one.until("welcome")
    async with opened(address, f"?token={token}x") as one:
        await one.closed()
