"""The campus contract, §10 (devices, contacts), with T36 and T39 of the threat list."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient

from accounts.models import Device, Session, User
from accounts.services import contacts, devices, people, sessions
from accounts.tokens import BadToken
from conftest import session_of
from marketplace.common.redisdb import connection as redis_connection

pytestmark = pytest.mark.django_db

PHONE = {"platform": "android", "push_token": "fcm-token-1", "app_version": "1.2.0"}


def hashed(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def match(client: APIClient, *emails: str) -> Any:
    return client.post("/v1/contacts/match", {"email_hashes": [hashed(email) for email in emails]})


# ── Devices ──────────────────────────────────────────────────────────────────────────────────────


def test_10_a_device_is_registered_with_201(signed_in: Callable[..., APIClient], buyer: User) -> None:
    reply = signed_in(buyer).post("/v1/devices", PHONE)

    assert reply.status_code == 201
    body = reply.json()
    assert set(body) == {"id", "user_id", "platform", "push_token", "app_version", "created_at"}
    assert body["user_id"] == str(buyer.pk)
    assert body["platform"] == "android"


def test_10_token_and_version_are_optional(signed_in: Callable[..., APIClient], buyer: User) -> None:
    body = signed_in(buyer).post("/v1/devices", {"platform": "ios"}).json()

    assert (body["push_token"], body["app_version"]) == (None, None)


def test_10_the_same_token_again_is_the_same_device(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)
    first = client.post("/v1/devices", PHONE).json()

    again = client.post("/v1/devices", {**PHONE, "app_version": "1.3.0"})

    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    assert again.json()["app_version"] == "1.3.0"
    assert Device.objects.count() == 1


def test_10_another_platform_is_a_422(signed_in: Callable[..., APIClient], buyer: User) -> None:
    reply = signed_in(buyer).post("/v1/devices", {**PHONE, "platform": "symbian"})

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "platform"]
    assert not Device.objects.exists()


def test_11_own_devices_newest_first(
    signed_in: Callable[..., APIClient],
    buyer: User,
    stranger: User,
    django_assert_num_queries: Any,
) -> None:
    client = signed_in(buyer)
    for number in range(3):
        client.post("/v1/devices", {**PHONE, "push_token": f"t{number}"})
    signed_in(stranger).post("/v1/devices", {**PHONE, "push_token": "theirs"})

    with django_assert_num_queries(2):  # who is it, and their devices
        rows = client.get("/v1/devices").json()

    assert [row["push_token"] for row in rows] == ["t2", "t1", "t0"]


def test_T39_a_push_token_moves_to_whoever_registers_it(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User
) -> None:
    signed_in(buyer).post("/v1/devices", PHONE)

    moved = signed_in(stranger).post("/v1/devices", PHONE)

    assert moved.status_code == 201
    assert not Device.objects.filter(user=buyer).exists()
    assert Device.objects.get().user == stranger


def test_T39_anothers_device_cannot_be_removed(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User
) -> None:
    mine = signed_in(buyer).post("/v1/devices", PHONE).json()["id"]

    assert signed_in(stranger).delete(f"/v1/devices/{mine}").status_code == 404
    assert Device.objects.count() == 1
    assert signed_in(buyer).delete(f"/v1/devices/{mine}").status_code == 204
    assert Device.objects.count() == 0


def test_T5_a_phone_that_registers_while_it_is_signed_out_gets_nothing_any_more(buyer: User) -> None:
    session = session_of(buyer)  # whose token was looked at a moment before
    sessions.end_sessions(buyer, by=Session.Ended.LOGOUT, now=timezone.now(), only=session.pk)

    with pytest.raises(BadToken):
        devices.register_device(buyer, **PHONE, session_id=session.pk)

    assert not Device.objects.reachable().exists()


def test_the_device_of_a_token_is_found_by_index(buyer: User) -> None:
    for token in ("t0", "t1"):
        Device.objects.create(user=buyer, platform="ios", push_token=token)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = Device.objects.with_token("t1")
        assert "device_push_token_once" in rows.explain()
    assert [device.push_token for device in rows] == ["t1"]


def test_registering_a_device_asks_the_index(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)

    with CaptureQueriesContext(connection) as asked:
        client.post("/v1/devices", PHONE)

    assert any('MD5("accounts_device"."push_token")' in query["sql"] for query in asked)


# ── Contacts ─────────────────────────────────────────────────────────────────────────────────────


def test_10_contacts_answer_who_is_here(signed_in: Callable[..., APIClient], buyer: User, seller: User) -> None:
    reply = match(signed_in(buyer), " Seller@UNI.edu ", "nobody@uni.edu")

    assert reply.status_code == 200
    (row,) = reply.json()
    assert (row["user_id"], row["name"]) == (str(seller.pk), "Seller")
    assert row["email_hash"] == hashed("seller@uni.edu")


def test_T36_the_reply_holds_no_address(signed_in: Callable[..., APIClient], buyer: User, seller: User) -> None:
    reply = match(signed_in(buyer), "seller@uni.edu")

    assert reply.json()[0]["email"] == ""
    assert b"@uni" not in reply.content


def test_T36_upper_case_hexadecimal_is_understood(
    signed_in: Callable[..., APIClient], buyer: User, seller: User
) -> None:
    reply = signed_in(buyer).post("/v1/contacts/match", {"email_hashes": [hashed("seller@uni.edu").upper()]})

    assert len(reply.json()) == 1


@pytest.mark.parametrize("bad", ["a" * 63, "a" * 65, "z" * 64, 7, None, ["a"]])
def test_T36_what_is_no_hash_is_a_422(signed_in: Callable[..., APIClient], buyer: User, bad: Any) -> None:
    reply = signed_in(buyer).post("/v1/contacts/match", {"email_hashes": [bad]})

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["loc"] == ["body", "email_hashes", 0]


def test_T36_more_than_500_hashes_are_refused(signed_in: Callable[..., APIClient], buyer: User) -> None:
    hashes = [hashed(f"{number}@uni.edu") for number in range(501)]

    assert signed_in(buyer).post("/v1/contacts/match", {"email_hashes": hashes}).status_code == 422
    assert signed_in(buyer).post("/v1/contacts/match", {"email_hashes": hashes[:500]}).status_code == 200


def test_T36_a_day_has_a_budget_of_distinct_hashes(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, settings: Settings
) -> None:
    settings.CONTACT_MATCH_DAILY_BUDGET = 3
    client = signed_in(buyer)
    assert match(client, "a@uni.edu", "b@uni.edu", "seller@uni.edu").status_code == 200

    beyond = match(client, "c@uni.edu")

    assert beyond.status_code == 429
    assert int(beyond["Retry-After"]) > 3600
    assert len(match(client, "seller@uni.edu", "a@uni.edu").json()) == 1, "the same hashes cost nothing"
    assert client.get("/v1/users/by-email", {"email": "d@uni.edu"}).status_code == 429, "one budget for both doors"
    assert match(signed_in(seller), "c@uni.edu").status_code == 200, "everybody has their own"


def test_T36_who_opted_out_blocked_or_left_does_not_appear(
    signed_in: Callable[..., APIClient], buyer: User, make_person: Callable[..., User]
) -> None:
    shy, blocking, blocked, gone = (make_person(name) for name in ("shy", "blocking", "blocked", "gone"))
    signed_in(shy).patch("/v1/users/me", {"is_discoverable": False})
    people.block(blocking, buyer)
    people.block(buyer, blocked)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    reply = match(signed_in(buyer), *(f"{name}@uni.edu" for name in ("shy", "blocking", "blocked", "gone", "buyer")))

    assert reply.json() == []


def test_T36_nothing_that_was_asked_is_stored(signed_in: Callable[..., APIClient], buyer: User) -> None:
    asked = hashed("secret.friend@uni.edu")
    match(signed_in(buyer), "secret.friend@uni.edu")

    for key in redis_connection().scan_iter("contacts:*"):
        members = redis_connection().smembers(key)
        assert bytes.fromhex(asked) not in members
        assert all(bytes.fromhex(asked)[:12] != member for member in members)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND column_name ~ 'hash'"
            " AND table_name <> 'orders_orderevent'"  # what chains the steps of an order
        )
        assert cursor.fetchone() == (0,), "no table has a place for them"


def test_T36_without_redis_contacts_answer_later(
    signed_in: Callable[..., APIClient], buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise RedisConnectionError("away")

    client = signed_in(buyer)
    monkeypatch.setattr(contacts, "_script", lambda: away)

    reply = match(client, "seller@uni.edu")

    assert reply.status_code == 503
    assert reply["Retry-After"]


def test_contact_match_does_not_read_every_person(
    signed_in: Callable[..., APIClient], buyer: User, make_person: Callable[..., User]
) -> None:
    for number in range(30):
        make_person(f"p{number}")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = User.objects.matching_digests([contacts.digest_of("p7@uni.edu")])
        assert "user_email_digest" in rows.explain()
    assert [person.username for person in rows] == ["p7"]
