"""`Idempotency-Key`: T19, F3, M14."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import resolve
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from accounts.models import Device, PersonReport, User
from accounts.tokens import pair_for
from conftest import session_of
from marketplace.common import idempotency, tasks
from marketplace.common.models import IdempotencyRecord

PHONE = {"platform": "android", "app_version": "1"}


def post(client: APIClient, key: str, body: dict[str, Any] | None = None, path: str = "/v1/devices") -> Any:
    return client.post(path, body or PHONE, HTTP_IDEMPOTENCY_KEY=key)


@pytest.mark.django_db
def test_T19_the_same_request_again_gets_the_same_bytes_and_no_second_effect(
    signed_in: Callable[..., APIClient], buyer: User
) -> None:
    client = signed_in(buyer)

    first, again = post(client, "k1"), post(client, "k1")

    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert Device.objects.count() == 1


@pytest.mark.django_db
def test_T19_without_a_key_nothing_is_remembered(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)
    client.post("/v1/devices", PHONE)
    client.post("/v1/devices", PHONE)

    assert Device.objects.count() == 2
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.django_db
def test_T19_another_body_under_the_same_key_is_a_422(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)
    post(client, "k1")

    reply = post(client, "k1", {**PHONE, "app_version": "2"})

    assert reply.status_code == 422
    assert reply.json()["detail"][0]["type"] == "idempotency_key_reused"
    assert Device.objects.count() == 1


@pytest.mark.django_db
def test_T19_keys_belong_to_a_person_and_a_route(
    signed_in: Callable[..., APIClient], buyer: User, seller: User
) -> None:
    post(signed_in(buyer), "k1")
    assert post(signed_in(seller), "k1").status_code == 201
    report = post(signed_in(buyer), "k1", {"reason": "spam"}, f"/v1/users/{seller.pk}/report")

    assert report.status_code == 201
    assert Device.objects.count() == 2


@pytest.mark.django_db
def test_T19_the_same_key_on_another_object_is_not_a_replay(
    signed_in: Callable[..., APIClient], buyer: User, seller: User, stranger: User
) -> None:
    client = signed_in(buyer)
    post(client, "k1", {"reason": "spam"}, f"/v1/users/{seller.pk}/report")

    assert post(client, "k1", {"reason": "spam"}, f"/v1/users/{stranger.pk}/report").status_code == 422
    assert PersonReport.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "k" * 256, "with\ttab", "with\x7f", "ñ"])
def test_T19_a_key_that_is_no_key_is_a_400(signed_in: Callable[..., APIClient], buyer: User, key: str) -> None:
    reply = post(signed_in(buyer), key)

    assert (reply.status_code, reply.json()["code"]) == (400, "bad_idempotency_key")
    assert not Device.objects.exists()


@pytest.mark.django_db
def test_T19_a_refusal_is_not_remembered(signed_in: Callable[..., APIClient], buyer: User) -> None:
    client = signed_in(buyer)
    assert post(client, "k1", {"platform": "symbian"}).status_code == 422

    assert post(client, "k1").status_code == 201


@pytest.mark.django_db
def test_M14_a_renewed_token_between_two_tries_makes_no_difference(buyer: User) -> None:
    clients = [APIClient(), APIClient()]
    for client in clients:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair_for(session_of(buyer)).access}")

    first, again = (post(client, "k1") for client in clients)

    assert first.content == again.content
    assert Device.objects.count() == 1


@pytest.mark.django_db
def test_a_password_in_the_body_leaves_no_plain_fingerprint(anonymous: APIClient) -> None:
    body = {"name": "Ana", "email": "ana@uni.edu", "password": "Passw0rd"}
    first = post(anonymous, "k1", body, "/v1/auth/register")
    again = post(anonymous, "k1", body, "/v1/auth/register")

    assert (first.status_code, again.content) == (201, first.content)
    record = IdempotencyRecord.objects.get()
    assert b"Passw0rd" not in bytes(record.body or b"")
    from hashlib import sha256

    from marketplace.common.jsonio import dumps

    assert bytes(record.fingerprint) != sha256(dumps([[], body])).digest()


@pytest.mark.django_db(transaction=True)
def test_T19_twenty_at_once_have_one_effect_and_one_answer(make_person: Callable[..., User]) -> None:
    answers = at_once(make_person("buyer"))

    assert {status for status, _ in answers} == {201}
    assert len({body for _, body in answers}) == 1
    assert Device.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_T19_negative_control_without_the_claim_twenty_devices_appear(
    make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "_claim", lambda *_: IdempotencyRecord())
    monkeypatch.setattr(idempotency, "_store", lambda *_: None)
    at_once(make_person("buyer"))

    assert Device.objects.count() == 20


def at_once(person: User) -> list[tuple[int, bytes]]:
    token = pair_for(session_of(person)).access
    answers: list[tuple[int, bytes]] = []
    barrier = threading.Barrier(20, timeout=20)

    def ask() -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        connection.ensure_connection()
        barrier.wait()
        reply = post(client, "k1")
        answers.append((reply.status_code, reply.content))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_T19_a_first_request_that_hangs_makes_the_second_a_409_in_bounded_time(
    make_person: Callable[..., User], signed_in: Callable[..., APIClient]
) -> None:
    person = make_person("buyer")
    client = signed_in(person)
    held, free = threading.Event(), threading.Event()

    def hang() -> None:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                caller=str(person.pk), route="POST:v1/devices", key="k1", fingerprint=b"x" * 32
            )
            held.set()
            free.wait(20)
            transaction.set_rollback(True)
        connection.close()

    thread = threading.Thread(target=hang)
    thread.start()
    held.wait(10)
    waiting = post(client, "k1")
    free.set()
    thread.join()

    assert (waiting.status_code, waiting.json()["code"]) == (409, "in_progress")
    assert waiting["Retry-After"] == "1"
    assert post(client, "k1").status_code == 201, "the first one died: its key is free again"


@pytest.mark.django_db
def test_answers_are_forgotten_after_three_days(signed_in: Callable[..., APIClient], buyer: User) -> None:
    post(signed_in(buyer), "old")
    post(signed_in(buyer), "new")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_idempotencyrecord SET created_at = now() - interval '73 hours' WHERE key = 'old'")

    tasks.tidy()

    assert [record.key for record in IdempotencyRecord.objects.all()] == ["new"]


# ── Handlers that ask somebody outside, and so hold no transaction ───────────────────────────────


class Asks(APIView):
    """A handler as `answered_once` means it: repeatable by nature."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    calls = 0
    fails = False

    @idempotency.answered_once
    def post(self, request: Request) -> Response:
        type(self).calls += 1
        return Response({"call": self.calls}, status=409 if self.fails else 200)


@pytest.fixture
def asks() -> type[Asks]:
    Asks.calls, Asks.fails = 0, False
    return Asks


def ask(view: type[APIView], key: str | None, body: dict[str, Any] | None = None) -> Any:
    headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    request = APIRequestFactory().post("/v1/ask", body or {}, format="json", **headers)
    request.resolver_match = resolve("/v1/devices")
    reply = view.as_view()(request)
    if isinstance(reply, Response):
        reply.render()
    return reply


@pytest.mark.django_db
def test_T19_an_answer_is_given_again_and_the_handler_is_not_called(asks: type[Asks]) -> None:
    first, again = ask(asks, "a1"), ask(asks, "a1")

    assert (again.status_code, again.content, asks.calls) == (200, first.content, 1)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.django_db
def test_T19_an_answer_is_refused_to_another_body(asks: type[Asks]) -> None:
    ask(asks, "a1", {"x": 1})

    assert ask(asks, "a1", {"x": 2}).status_code == 422
    assert asks.calls == 1


@pytest.mark.django_db
def test_T19_a_refused_question_is_not_remembered(asks: type[Asks]) -> None:
    asks.fails = True
    refused = ask(asks, "a1")
    asks.fails = False

    assert (refused.status_code, ask(asks, "a1").status_code, asks.calls) == (409, 200, 2)


@pytest.mark.django_db
def test_T19_of_two_at_once_the_first_that_is_written_is_everybodys_answer(
    asks: type[Asks], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = idempotency._answered
    inside: list[Any] = []

    def answered(claim: idempotency.Claim) -> Any:
        if not inside:  # another request comes while this one has only looked
            inside.append(None)
            inside.append(ask(asks, "a1"))
            return None
        return usual(claim)

    monkeypatch.setattr(idempotency, "_answered", answered)
    outer = ask(asks, "a1")

    assert outer.content == inside[1].content
    assert IdempotencyRecord.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("remembers", [idempotency.answered_once, idempotency.idempotent])
def test_T19_not_yet_is_asked_anew_under_its_key_and_what_it_did_stays_done(remembers: Callable[..., Any]) -> None:
    answers = [idempotency.NotYet({"done": False}), Response({"done": True}), Response({"done": "twice"})]

    class Slow(APIView):
        authentication_classes = ()
        permission_classes = ()

        @remembers
        def post(self, request: Request) -> Response:
            User.objects.create(username=f"try-{len(answers)}")
            return answers.pop(0)

    first, second, third = (ask(Slow, "a1") for _ in range(3))

    assert (first.content, second.content, third.content) == (b'{"done":false}', *[b'{"done":true}'] * 2)
    assert "Idempotent-Replayed" not in second.headers
    assert third["Idempotent-Replayed"] == "true"
    assert User.objects.filter(username__startswith="try-").count() == 2
