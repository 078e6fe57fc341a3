"""Limits hold whatever the concurrency, and nobody talks their way around them: T10, T11."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.http import HttpResponse
from django.middleware.security import SecurityMiddleware
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import pair_for
from conftest import session_of
from marketplace.common import net, ratelimit
from marketplace.common.middleware import Envelope
from marketplace.common.ratelimit import Rate

ALLOWED = 120


def ask_in_parallel(ask: Callable[[httpx.Client], int], address: str, *, connections: int, each: int) -> Counter[int]:
    codes: Counter[int] = Counter()
    barrier = threading.Barrier(connections, timeout=20)

    def run() -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            barrier.wait()
            codes.update([ask(client) for _ in range(each)])

    threads = [threading.Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def test_T10_sixteen_connections_of_one_person_get_exactly_their_120(
    site: httpx.Client, make_person: Callable[..., User]
) -> None:
    header = {"Authorization": f"Bearer {pair_for(session_of(make_person('busy'))).access}"}

    codes = ask_in_parallel(
        lambda client: client.get("/v1/auth/me", headers=header).status_code,
        str(site.base_url),
        connections=16,
        each=12,
    )

    assert codes == {200: ALLOWED, 429: 16 * 12 - ALLOWED}


def test_T11_a_forged_forwarded_for_changes_nothing(site: httpx.Client) -> None:
    numbers = iter(range(1000))

    codes = ask_in_parallel(
        lambda client: (
            client.get(
                "/v1/auth/me", headers={"X-Forwarded-For": f"10.0.{next(numbers) % 250}.7", "X-Real-IP": "10.1.1.1"}
            ).status_code
        ),
        str(site.base_url),
        connections=4,
        each=40,
    )

    assert codes == {401: ALLOWED, 429: 160 - ALLOWED}


@pytest.mark.django_db
def test_T10_bad_tokens_count_against_the_address_not_against_the_token(anonymous: APIClient) -> None:
    codes = Counter(anonymous.get("/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer x.{n}.y").status_code for n in range(130))

    assert codes == {401: ALLOWED, 429: 10}


@pytest.mark.django_db
def test_T10_a_refusal_says_when_to_come_back(anonymous: APIClient, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "default": "2/minute"}
    replies = [anonymous.get("/v1/auth/me") for _ in range(3)]

    assert [reply.status_code for reply in replies] == [401, 401, 429]
    refusal = replies[-1]
    assert refusal.json()["detail"] == "Rate limit exceeded"
    assert 1 <= int(refusal["Retry-After"]) <= 60
    assert (refusal["X-RateLimit-Limit"], refusal["X-RateLimit-Remaining"]) == ("2", "0")


@pytest.mark.django_db
def test_routes_and_people_are_counted_apart(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, settings: Settings
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "default": "1/minute"}
    client = signed_in(buyer)

    assert [client.get("/v1/auth/me").status_code for _ in range(2)] == [200, 429]
    assert client.get("/v1/devices").status_code == 200
    assert signed_in(seller).get("/v1/auth/me").status_code == 200


@pytest.mark.django_db
def test_off_switches_every_limit_off(anonymous: APIClient, settings: Settings) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    replies = [anonymous.post("/v1/auth/login", {"email": "a@b.co", "password": "x"}) for _ in range(130)]

    assert {reply.status_code for reply in replies} == {401}
    assert "X-RateLimit-Limit" not in replies[0].headers


@pytest.fixture
def redis_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> None:
        raise RedisConnectionError("away")

    monkeypatch.setattr(ratelimit, "_script", lambda: away)
    monkeypatch.setattr(ratelimit, "_alone", ratelimit._LocalWindow())


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_away")
def test_F4_without_redis_each_process_counts_for_itself(anonymous: APIClient) -> None:
    codes = Counter(anonymous.get("/v1/auth/me").status_code for _ in range(125))

    assert codes == {401: ALLOWED, 429: 5}


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_away")
def test_F4_without_redis_people_can_sign_in_and_guessing_is_stricter(anonymous: APIClient, buyer: User) -> None:
    from conftest import PASSWORD

    right = {"email": "buyer@uni.edu", "password": PASSWORD}
    assert [anonymous.post("/v1/auth/login", right).status_code for _ in range(3)] == [200] * 3
    wrong = [anonymous.post("/v1/auth/login", {**right, "password": "x"}).status_code for _ in range(4)]

    assert wrong[0] == 401
    assert wrong[-1] == 429


@pytest.mark.parametrize(
    ("text", "limit", "seconds"),
    [("120/minute", 120, 60), ("10/15minutes", 10, 900), ("1/second", 1, 1), ("5/day", 5, 86_400)],
)
def test_a_rate_is_read_from_words(text: str, limit: int, seconds: int) -> None:
    assert Rate.parse(text) == Rate(limit, seconds)


@pytest.mark.parametrize("text", ["", "120", "x/minute", "0/minute", "10/fortnight", "-1/minute", "on"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Rate.parse(text)


def test_off_is_no_limit() -> None:
    assert Rate.parse("off") is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
        ("10.0.0.2", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.2", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("10.0.0.2", "1.1.1.1, 10.0.0.7", "1.1.1.1"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "<script>, 1.1.1.1", "1.1.1.1"),
    ],
)
def test_T11_only_a_trusted_proxy_is_believed(
    rf: Any, settings: Settings, peer: str, forwarded: str, seen: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)

    assert net.client_ip(request) == seen


@pytest.mark.parametrize(
    ("peer", "said", "is_secure"),
    [("10.0.0.2", "https", True), ("10.0.0.2", "http", False), ("9.9.9.9", "https", False)],
)
def test_T11_only_a_trusted_proxy_is_believed_about_https(
    rf: Any, settings: Settings, peer: str, said: str, is_secure: bool
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_HSTS_SECONDS = 60
    inner: Any = SecurityMiddleware(lambda request: HttpResponse(str(request.is_secure())))
    answer = Envelope(inner)
    response = answer(rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO=said))

    assert isinstance(response, HttpResponse)
    assert response.content.decode() == str(is_secure)
    assert response.headers.get("Strict-Transport-Security") == ("max-age=60" if is_secure else None)


def test_an_ipv6_household_is_one_caller() -> None:
    assert net.limit_key("2001:db8::1") == net.limit_key("2001:db8::ffff:2")
    assert net.limit_key("2001:db8:0:1::1") != net.limit_key("2001:db8::1")
    assert net.limit_key("10.0.0.1") == "10.0.0.1"


@pytest.mark.parametrize("forwarded", ["203.0.113.7", "::ffff:203.0.113.7", "6.6.6.6, ::FFFF:203.0.113.7"])
def test_T11_an_ipv4_address_in_ipv6_writing_is_that_address(settings: Settings, forwarded: str) -> None:
    assert net.client_address("::ffff:203.0.113.7", "6.6.6.6") == "203.0.113.7"

    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]

    assert net.is_trusted("::ffff:10.0.0.2")
    assert net.client_address("::ffff:10.0.0.2", forwarded) == "203.0.113.7"
    assert net.limit_key(net.client_address("::ffff:10.0.0.2", forwarded)) == "203.0.113.7"
