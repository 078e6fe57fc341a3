"""`/v1/events` and `/v1/features/use`, row by row as the campus contract has them (its section 8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from accounts.models import User
from analytics.models import Event

Click = Callable[..., dict[str, Any]]
Bearer = Callable[[User], dict[str, str]]


@pytest.fixture
def send(site: httpx.Client, bearer: Bearer, buyer: User) -> Callable[..., httpx.Response]:
    headers = bearer(buyer)
    return lambda *events: site.post("/v1/events", json={"events": list(events)}, headers=headers)


Send = Callable[..., httpx.Response]


def test_a_batch_is_answered_202_with_its_number_and_the_first_five_ids(send: Send, click: Click) -> None:
    reply = send(*(click() for _ in range(7)))

    body = reply.json()
    assert (reply.status_code, body["inserted"], len(body["ids"])) == (202, 7, 5)
    assert (body["duplicates"], body["rejected"]) == (0, [])
    assert Event.objects.filter(pk__in=body["ids"]).count() == 5


def test_all_that_an_event_says_is_kept(send: Send, click: Click, buyer: User) -> None:
    ids = {name: str(uuid4()) for name in ("listing_id", "order_id", "chat_id")}
    at = datetime.now(UTC).replace(microsecond=5) - timedelta(days=1)

    said = click(event_type="escrow.step", step="payment_made", occurred_at=at.isoformat(), **ids)
    assert send(said).status_code == 202

    kept = Event.objects.get()
    assert (kept.event_type, kept.step, kept.occurred_at) == ("escrow.step", "payment_made", at)
    assert {name: str(getattr(kept, name)) for name in ids} == ids
    assert (kept.session_id, kept.user_id, kept.properties) == (said["session_id"], buyer.pk, {"button": "buy"})
    assert kept.received_at - datetime.now(UTC) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "bad",
    [
        *({"event_type": value} for value in (None, "x", "x" * 81, 7)),
        *({"session_id": value} for value in (None, "x" * 5, "x" * 65, ["x"])),
        *({"step": value} for value in ("x" * 41, 3)),
        *({"properties": value} for value in ("text", [1])),
        *({"occurred_at": value} for value in ("yesterday", [1])),
    ],
    ids=str,
)
def test_a_field_that_does_not_fit_refuses_its_event_alone(send: Send, click: Click, bad: dict[str, Any]) -> None:
    reply = send(click(), click(**bad), click())

    assert (reply.status_code, reply.json()["inserted"], Event.objects.count()) == (202, 2, 2)
    assert [each["index"] for each in reply.json()["rejected"]] == [1]
    assert reply.json()["rejected"][0]["code"] == "invalid_event"


def test_where_nothing_fits_nothing_is_taken_and_the_answer_is_a_422_in_the_contracts_words(
    send: Send, click: Click
) -> None:
    event = click()
    del event["session_id"]

    reply = send(event, "no event")

    assert reply.status_code == 422
    assert [each["loc"] for each in reply.json()["detail"]] == [
        ["body", "events", 0, "session_id"],
        ["body", "events", 1],
    ]
    assert reply.json()["detail"][0]["type"] == "missing"
    assert not Event.objects.exists()


@pytest.mark.parametrize("body", ["", "{}", "[]", "null", '{"events": null}', '{"events": {}}', '{"events": [', "\xff"])
def test_a_body_of_another_shape_is_a_422(site: httpx.Client, bearer: Bearer, buyer: User, body: str) -> None:
    reply = site.post("/v1/events", content=body.encode("latin-1"), headers=bearer(buyer))

    assert (reply.status_code, reply.json()["code"]) == (422, "validation_error")


def test_an_empty_batch_is_a_202_of_nothing(send: Send) -> None:
    assert send().json() == {"inserted": 0, "ids": [], "duplicates": 0, "rejected": []}


def test_session_step_and_properties_may_be_as_long_as_the_contract_says(send: Send, click: Click) -> None:
    longest = {"event_type": "é" * 80, "session_id": "é" * 64, "step": "é" * 40}

    assert send(click(**longest), click(event_type="ab", session_id="abcdef", step="")).json()["inserted"] == 2


def test_what_is_missing_gets_the_contracts_defaults(send: Send) -> None:
    assert send({"event_type": "screen.view", "session_id": "abcdef"}).status_code == 202

    kept = Event.objects.get()
    assert (kept.properties, kept.step, kept.listing_id, kept.is_clamped) == ({}, None, None, False)
    assert kept.occurred_at == kept.received_at


def test_keys_that_no_contract_knows_are_not_minded(send: Send, click: Click) -> None:
    """flutter sends some."""
    assert send(click(platform="android", context={"deep": [1, {}]}, schema_version=3)).json()["inserted"] == 1


def test_an_email_address_as_user_id_is_not_minded_and_the_tokens_user_wins(
    send: Send, click: Click, buyer: User, seller: User
) -> None:
    """kotlin sends one at `auth.login.success`."""
    said: list[Any] = ["ana@uni.edu", str(seller.pk), None, 7, {}]

    reply = send(*(click(user_id=value) for value in said))

    assert reply.json()["inserted"] == 5
    assert set(Event.objects.values_list("user_id", flat=True)) == {buyer.pk}


def test_values_of_properties_and_properties_themselves_may_be_null(send: Send, click: Click) -> None:
    assert send(click(properties={"category": None}), click(properties=None)).json()["inserted"] == 2
    assert sorted(Event.objects.values_list("properties", flat=True), key=str) == [{"category": None}, {}]


def test_ids_that_lead_nowhere_are_kept_and_what_is_no_id_is_none(send: Send, click: Click) -> None:
    reply = send(click(listing_id=str(uuid4()), order_id="", chat_id="12"), click(order_id=7, chat_id=["x"]))

    assert reply.json()["inserted"] == 2
    assert set(Event.objects.values_list("order_id", "chat_id")) == {(None, None)}


def test_a_time_without_zone_is_utc(send: Send, click: Click) -> None:
    at = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=2)  # as flutter writes it

    send(click(occurred_at=at.isoformat()))

    assert Event.objects.get().occurred_at == at.replace(tzinfo=UTC)


def test_an_event_without_id_may_come_twice(send: Send, click: Click) -> None:
    event = click()

    assert [send(event).json()["inserted"] for _ in range(2)] == [1, 1]


def test_without_a_token_a_user_id_is_kept_only_of_somebody_who_exists(
    site: httpx.Client, click: Click, seller: User
) -> None:
    said = [str(seller.pk), str(uuid4()), "ana@uni.edu", None]

    reply = site.post(
        "/v1/events", json={"events": [click(user_id=value, step=str(n)) for n, value in enumerate(said)]}
    )

    assert (reply.status_code, reply.json()["inserted"]) == (202, 4)
    assert dict(Event.objects.values_list("step", "user_id")) == {"0": seller.pk, "1": None, "2": None, "3": None}


def test_a_token_that_is_no_good_is_a_401_and_not_a_quiet_nobody(site: httpx.Client, click: Click) -> None:
    reply = site.post("/v1/events", json={"events": [click()]}, headers={"Authorization": "Bearer x.y.z"})

    assert (reply.status_code, reply.json()["detail"]) == (401, "Invalid or expired token")
    assert not Event.objects.exists()


def test_using_a_feature_is_an_event(site: httpx.Client, bearer: Bearer, buyer: User) -> None:
    listing_id = str(uuid4())
    body = {"feature_key": "quick_view", "action": "open", "listing_id": listing_id, "extra": 1}

    reply = site.post("/v1/features/use", json=body, headers=bearer(buyer))

    assert (reply.status_code, reply.json()) == (202, {"ok": True})
    kept = Event.objects.get()
    assert (kept.event_type, kept.user_id, kept.listing_id) == ("feature.used", buyer.pk, UUID(listing_id))
    assert (kept.properties, kept.session_id) == ({"feature_key": "quick_view", "action": "open"}, "srv")


def test_using_a_feature_needs_a_token_and_a_key(site: httpx.Client, bearer: Bearer, buyer: User) -> None:
    assert site.post("/v1/features/use", json={"feature_key": "chat"}).status_code == 401
    assert site.post("/v1/features/use", json={}, headers=bearer(buyer)).status_code == 422
    assert site.post("/v1/features/use", json={"feature_key": "chat"}, headers=bearer(buyer)).status_code == 202
    assert Event.objects.get().listing_id is None
