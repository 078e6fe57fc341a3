"""Forged, mixed-up, stale and stolen tokens: T1 to T5 of the threat list."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tasks
from accounts.models import Session, Surface, User
from accounts.services import passwords, people, sessions, sign_in
from accounts.tokens import pair_for
from conftest import PASSWORD, session_of

pytestmark = pytest.mark.django_db


def b64(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def me_with(token: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/v1/auth/me").status_code


def refresh_with(token: str) -> Any:
    return APIClient().post("/v1/auth/refresh", {"refresh_token": token})


def test_T1_only_the_configured_algorithm_and_key_are_accepted(buyer: User) -> None:
    good = pair_for(session_of(buyer)).access
    claims = claims_of(good)
    key = settings.JWT_SECRET
    forged = {
        "none": f"{b64({'alg': 'none', 'typ': 'JWT'})}.{good.split('.')[1]}.",
        "none with the old signature": f"{b64({'alg': 'none'})}.{good.split('.', 1)[1]}",
        "HS384": jwt.encode(claims, key, algorithm="HS384"),
        "HS512": jwt.encode(claims, key, algorithm="HS512"),
        "RS256 in the header": f"{b64({'alg': 'RS256', 'typ': 'JWT'})}.{good.split('.', 1)[1]}",
        "another key": jwt.encode(claims, "x" * 48, algorithm="HS256"),
        "the empty key": jwt.encode(claims, "0" * 32, algorithm="HS256"),
        "unknown crit": jwt.encode(claims, key, algorithm="HS256", headers={"crit": ["exp2"], "exp2": 1}),
        "changed payload": f"{good.split('.')[0]}.{b64({**claims, 'sub': claims['sub'][:-1] + '0'})}.x",
    }

    assert me_with(good) == 200
    assert {name: me_with(token) for name, token in forged.items()} == dict.fromkeys(forged, 401)


def test_T1_pointers_to_foreign_keys_are_never_followed(buyer: User) -> None:
    claims = claims_of(pair_for(session_of(buyer)).access)
    for header in ({"jku": "http://127.0.0.1:1/k"}, {"jwk": {"kty": "oct", "k": "AAAA"}}, {"kid": "../../dev/null"}):
        assert me_with(jwt.encode(claims, "x" * 48, algorithm="HS256", headers=header)) == 401


@pytest.mark.parametrize(
    "change",
    [
        {"sub": 7},
        {"sub": [1]},
        {"sub": {"a": 1}},
        {"sub": "not-a-uuid"},
        {"sub": None},
        {"sid": "not-a-uuid"},
        {"jti": 5},
        {"exp": "soon"},
        {"exp": 10**18},
        {"exp": None},
        {"typ": "session"},
        {"typ": None},
    ],
)
def test_T1_a_validly_signed_token_with_odd_claims_is_a_401(buyer: User, change: dict[str, Any]) -> None:
    pair = pair_for(session_of(buyer))
    for raw, ask in ((pair.access, me_with), (pair.refresh or "", lambda t: refresh_with(t).status_code)):
        odd = {name: value for name, value in {**claims_of(raw), **change}.items() if value is not None}
        assert ask(jwt.encode(odd, settings.JWT_SECRET, algorithm="HS256")) == 401


def test_T2_access_and_refresh_are_not_interchangeable(buyer: User) -> None:
    pair = pair_for(session_of(buyer))

    assert me_with(pair.refresh or "") == 401
    assert refresh_with(pair.access).status_code == 401
    assert me_with(pair.access) == 200, "and a mix-up harms nothing"
    assert refresh_with(pair.refresh or "").status_code == 200


def test_T3_a_lost_answer_may_be_fetched_again_within_ten_seconds(buyer: User) -> None:
    first = pair_for(session_of(buyer)).refresh or ""

    answer = refresh_with(first).json()

    with time_machine.travel(timezone.now() + timedelta(seconds=8)):
        assert refresh_with(first).json() == answer, "the same pair, not another one"
    assert refresh_with(answer["refresh_token"]).status_code == 200


def test_T3_reuse_after_that_ends_the_family(buyer: User) -> None:
    first = pair_for(session_of(buyer)).refresh or ""
    newest = refresh_with(first).json()

    with time_machine.travel(timezone.now() + timedelta(seconds=11)):
        assert refresh_with(first).status_code == 401
        assert refresh_with(newest["refresh_token"]).status_code == 401
        assert me_with(newest["access_token"]) == 401
    assert Session.objects.get().ended_by == Session.Ended.REUSE


def test_T3_only_the_direct_predecessor_has_grace(buyer: User) -> None:
    first = pair_for(session_of(buyer)).refresh or ""
    second = refresh_with(first).json()["refresh_token"]
    third = refresh_with(second).json()["refresh_token"]

    assert refresh_with(first).status_code == 401, "two steps back is theft, however quick"
    assert refresh_with(third).status_code == 401


def test_T3_a_theft_on_one_device_leaves_the_others_alone(buyer: User) -> None:
    stolen, other = pair_for(session_of(buyer)), pair_for(session_of(buyer))
    refresh_with(stolen.refresh or "")
    with time_machine.travel(timezone.now() + timedelta(seconds=11)):
        refresh_with(stolen.refresh or "")

        assert me_with(other.access) == 200


def test_T4_a_deleted_or_disabled_person_is_out_at_once(buyer: User, seller: User, administrator: User) -> None:
    pairs = [pair_for(session_of(person)) for person in (buyer, seller)]

    buyer.delete()
    people.disable(seller, actor=administrator, reason="fraud", now=timezone.now())

    for pair in pairs:
        assert me_with(pair.access) == 401
        assert refresh_with(pair.refresh or "").status_code == 401
    people.enable(seller, actor=administrator, reason="mistake", now=timezone.now())
    assert me_with(pairs[1].access) == 401, "coming back means signing in again"


def test_T4_a_disabled_person_cannot_sign_in_and_is_not_told_why(buyer: User, administrator: User) -> None:
    people.disable(buyer, actor=administrator, reason="fraud", now=timezone.now())

    reply = APIClient().post("/v1/auth/login", {"email": "buyer@uni.edu", "password": PASSWORD})

    assert (reply.status_code, reply.json()["detail"]) == (401, "Invalid credentials")


def test_T5_a_password_change_ends_every_token_there_is(signed_in: Callable[..., APIClient], buyer: User) -> None:
    other = pair_for(session_of(buyer))
    client = signed_in(buyer)

    reply = client.post("/v1/auth/password/change", {"current_password": PASSWORD, "new_password": "another horse"})

    assert reply.status_code == 200
    assert client.get("/v1/auth/me").status_code == 401
    assert me_with(other.access) == 401
    assert refresh_with(other.refresh or "").status_code == 401
    assert me_with(reply.json()["access_token"]) == 200, "whoever changed it goes on with new tokens"
    old = APIClient().post("/v1/auth/login", {"email": "buyer@uni.edu", "password": PASSWORD})
    assert old.status_code == 401


def test_T5_the_wrong_current_password_changes_nothing(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)

    reply = client.post("/v1/auth/password/change", {"current_password": "guess", "new_password": "another horse"})

    assert (reply.status_code, reply.json()["code"]) == (400, "wrong_password")
    assert client.get("/v1/auth/me").status_code == 200
    buyer.refresh_from_db()
    assert buyer.check_password(PASSWORD)


def test_T5_logout_ends_access_and_refresh(signed_in: Callable[..., APIClient], buyer: User) -> None:
    session = session_of(buyer)
    pair = pair_for(session)

    sessions.end_session(buyer, session.pk, by=Session.Ended.LOGOUT, now=timezone.now())

    assert me_with(pair.access) == 401
    assert refresh_with(pair.refresh or "").status_code == 401


@pytest.mark.parametrize(("surface", "minutes"), list(settings.ACCESS_MINUTES_BY_SURFACE.items()))
def test_token_life_belongs_to_the_surface_and_any_surface_opens_every_door(
    buyer: User, surface: str, minutes: int
) -> None:
    pair = pair_for(session_of(buyer, surface=Surface(surface)))
    claims = claims_of(pair.access)

    assert claims["exp"] - claims["iat"] == minutes * 60
    assert (pair.refresh is not None) == (surface in ("campus", "web"))
    assert me_with(pair.access) == 200


def test_a_person_sees_and_ends_their_own_sessions_only(
    signed_in: Callable[..., APIClient], buyer: User, stranger: User
) -> None:
    client = signed_in(buyer)
    session_of(buyer)
    theirs = session_of(stranger)

    rows = client.get("/v1/auth/sessions").json()

    assert [row["is_current"] for row in rows].count(True) == 1
    assert len(rows) == 2
    assert client.delete(f"/v1/auth/sessions/{theirs.pk}").status_code == 404
    other = next(row["id"] for row in rows if not row["is_current"])
    assert client.delete(f"/v1/auth/sessions/{other}").status_code == 204
    assert len(client.get("/v1/auth/sessions").json()) == 1
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_a_new_address_asks_for_the_password_too(signed_in: Callable[..., APIClient], buyer: User) -> None:
    """A stolen access token alone must not become a password reset to somebody else's mailbox."""
    client = signed_in(buyer)

    refused = client.patch("/v1/users/me", {"email": "thief@evil.edu", "name": "Thief"})
    guessed = client.patch("/v1/users/me", {"email": "thief@evil.edu", "current_password": "guess"})

    assert (refused.status_code, guessed.status_code) == (400, 400)
    buyer.refresh_from_db()
    assert (buyer.email, buyer.name) == ("buyer@uni.edu", "Buyer")
    allowed = client.patch("/v1/users/me", {"email": "new@uni.edu", "current_password": PASSWORD})
    assert (allowed.status_code, allowed.json()["email"]) == (200, "new@uni.edu")
    assert client.patch("/v1/users/me", {"email": "new@uni.edu", "name": "Bea"}).status_code == 200


def test_a_phone_that_was_signed_out_gets_no_more_pushes(signed_in: Callable[..., APIClient], buyer: User) -> None:
    phone, tablet = signed_in(buyer), signed_in(buyer)
    for client, name in ((phone, "phone"), (tablet, "tablet")):
        client.post("/v1/devices", {"platform": "android", "push_token": name})

    phone.post("/v1/auth/logout")

    assert list(buyer.devices.reachable().values_list("push_token", flat=True)) == ["tablet"]
    tablet.post("/v1/auth/logout", {"everywhere": True})
    assert not buyer.devices.reachable().exists()


def test_signing_out_everywhere_ends_the_cookies_of_web_pages_too(
    signed_in: Callable[..., APIClient], in_admin: Callable[[User], Any], moderator: User
) -> None:
    browser = in_admin(moderator)
    assert browser.get("/admin/").status_code == 200

    signed_in(moderator).post("/v1/auth/logout", {"everywhere": True})

    assert browser.get("/admin/").status_code == 302


def test_T5_a_sign_in_that_was_overtaken_by_a_password_change_gets_no_session(buyer: User) -> None:
    """The thief's password is checked, then the owner changes it, then the thief's session would be opened."""
    thief = sign_in.check_password_of("buyer", PASSWORD, address="10.0.0.9", surface="campus")
    owner = User.objects.get(pk=buyer.pk)
    passwords.change_password(owner, current=PASSWORD, new="another horse", address="10.0.0.1", now=timezone.now())

    with pytest.raises(sign_in.InvalidCredentials):
        session_of(thief)
    assert not buyer.sessions.open().exists()


def test_T5_of_two_changes_proven_with_one_password_the_second_fails(buyer: User) -> None:
    owner, thief = (User.objects.get(pk=buyer.pk) for _ in range(2))
    passwords.prove_password(thief, PASSWORD, address="10.0.0.9")
    passwords.change_password(owner, current=PASSWORD, new="another horse", address="10.0.0.1", now=timezone.now())

    with pytest.raises(passwords.WrongPassword):
        passwords._set_password(thief, "thief's horse", now=timezone.now())
    buyer.refresh_from_db()
    assert buyer.check_password("another horse")


def test_T4_a_sign_in_that_was_overtaken_by_a_moderator_gets_no_session(buyer: User, moderator: User) -> None:
    person = sign_in.check_password_of("buyer", PASSWORD, address="10.0.0.9", surface="campus")
    people.disable(buyer, actor=moderator, reason="fraud", now=timezone.now())

    with pytest.raises(sign_in.InvalidCredentials):
        session_of(person)


def test_ended_sessions_are_forgotten_after_a_month_and_their_devices_stay(
    signed_in: Callable[..., APIClient], buyer: User
) -> None:
    client = signed_in(buyer)
    client.post("/v1/devices", {"platform": "android", "push_token": "t"})
    client.post("/v1/auth/logout")
    session_of(buyer)

    with time_machine.travel(timezone.now() + timedelta(days=29)):
        tasks.tidy()
        assert Session.objects.count() == 2
    with time_machine.travel(timezone.now() + timedelta(days=32)):
        tasks.tidy()

    assert Session.objects.count() == 1
    assert buyer.devices.get().session is None


def test_a_sign_in_uses_the_index_on_addresses_and_on_names() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "user_email_once" in User.objects.with_email("A@uni.edu").explain()
    assert "user_username_once" in User.objects.with_username("Ana").explain()


def test_an_international_address_signs_in_as_it_was_typed() -> None:
    body = {"name": "Ana", "email": "ana@m\u00fcnchen.edu", "password": "Passw0rd"}
    assert APIClient().post("/v1/auth/register", body).status_code == 201
    assert APIClient().post("/v1/auth/login", body).status_code == 200


def test_another_scheme_than_bearer_is_no_quiet_anonymous(buyer: User) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {pair_for(session_of(buyer)).access}")

    assert client.get("/v1/auth/me").json()["detail"] == "Invalid or expired token"
