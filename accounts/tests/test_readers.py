"""Doors that only read remember for three seconds who somebody is; all others ask every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.authentication import READERS_SECONDS, person_behind, readers
from accounts.models import Session, User
from accounts.services import people
from accounts.tokens import BadToken, genuine, pair_for, read_access
from conftest import session_of
from marketplace.common.shortlived import ShortLived

pytestmark = pytest.mark.django_db


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    readers.forget()
    monkeypatch.setattr(readers, "clock", clock)
    yield clock
    readers.forget()


def test_a_disabled_person_is_out_at_once_on_writes_and_within_seconds_on_reads(
    signed_in: Callable[..., APIClient], buyer: User, administrator: User, clock: Clock
) -> None:
    client = signed_in(buyer)
    assert client.get("/v1/listings").status_code == 200

    people.disable(buyer, actor=administrator, reason="scam", now=timezone.now())

    assert client.patch("/v1/listings/00000000-0000-7000-8000-000000000000", {"title": "new"}).status_code == 401
    assert client.post("/v1/listings", {}).status_code == 401
    assert client.get("/v1/auth/me").status_code == 401
    clock.now += READERS_SECONDS - 0.1
    assert client.get("/v1/listings").status_code == 200
    clock.now += 0.2
    assert client.get("/v1/listings").status_code == 401
    assert client.get("/v1/listings").json()["detail"] == "Invalid or expired token"


def test_a_session_that_was_ended_is_out_within_seconds(
    signed_in: Callable[..., APIClient], buyer: User, clock: Clock
) -> None:
    client, other = signed_in(buyer), signed_in(buyer)
    assert client.get("/v1/listings").status_code == other.get("/v1/listings").status_code == 200
    newest = Session.objects.order_by("-id")[0]
    Session.objects.filter(pk=newest.pk).update(revoked_at=timezone.now())

    clock.now += READERS_SECONDS + 0.1

    assert other.get("/v1/listings").status_code == 401
    assert client.get("/v1/listings").status_code == 200


def test_the_token_itself_is_looked_at_every_time(buyer: User, anonymous: APIClient, clock: Clock) -> None:
    header = f"Bearer {pair_for(session_of(buyer)).access}"
    assert anonymous.get("/v1/listings", headers={"Authorization": header}).status_code == 200

    for forged in (header[:-2], header + "x", "Bearer x", "Basic x"):
        assert anonymous.get("/v1/listings", headers={"Authorization": forged}).status_code == 401


def test_who_was_refused_is_not_remembered(signed_in: Callable[..., APIClient], buyer: User, clock: Clock) -> None:
    client = signed_in(buyer)
    User.objects.filter(pk=buyer.pk).update(is_active=False)
    assert client.get("/v1/listings").status_code == 401

    User.objects.filter(pk=buyer.pk).update(is_active=True)

    assert client.get("/v1/listings").status_code == 200


def test_what_is_remembered_is_bounded_and_the_oldest_goes_first() -> None:
    kept: ShortLived[int, int] = ShortLived(60.0, most=2)
    for number in (1, 2, 3):
        kept.get(number, lambda number=number: number * 10)  # type: ignore[misc]

    assert (kept.peek(1), kept.peek(2), kept.peek(3)) == (None, 20, 30)


def test_a_token_that_is_remembered_ends_when_it_ends(buyer: User) -> None:
    access = pair_for(session_of(buyer)).access
    ends_at = read_access(access).expires_at.timestamp()
    with time_machine.travel(ends_at - 1, tick=False):
        assert read_access(access).user_id == buyer.pk

    with time_machine.travel(ends_at + 60, tick=False), pytest.raises(BadToken):
        read_access(access)


def test_a_token_is_not_remembered_under_another_key(
    buyer: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise BadToken

    access = pair_for(session_of(buyer)).access
    read_access(access)
    monkeypatch.setattr("accounts.tokens._read", refuse)
    assert read_access(access).user_id == buyer.pk

    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "SIGNING_KEY": "another key, long enough to be one at all"}

    with pytest.raises(BadToken):
        read_access(access)


def test_what_is_remembered_of_a_token_does_not_hold_it(buyer: User) -> None:
    genuine.forget()
    access = pair_for(session_of(buyer)).access
    read_access(access)

    assert genuine._kept
    assert access not in repr(genuine._kept)


def test_a_refresh_token_is_no_access_token_however_often_it_is_tried(buyer: User) -> None:
    refresh = pair_for(session_of(buyer)).refresh or ""
    for _ in range(2):
        with pytest.raises(BadToken):
            read_access(refresh)


def test_who_is_behind_a_token_is_who_the_queryset_says(buyer: User) -> None:
    User.objects.filter(pk=buyer.pk).update(name="Ñandú", campus="Norte", last_login=timezone.now(), is_delivery=True)
    claims = read_access(pair_for(session_of(buyer)).access)
    facts = [field.attname for field in User._meta.concrete_fields]

    person = person_behind(claims)
    plain = User.objects.signed_in_with(user_id=claims.user_id, session_id=claims.session_id).get()
    assert [getattr(person, name) for name in facts] == [getattr(plain, name) for name in facts]
    assert (person._state.db, person._state.adding, person) == ("default", False, plain)

    Session.objects.filter(pk=claims.session_id).update(revoked_at=timezone.now())
    with pytest.raises(BadToken):
        person_behind(claims)
