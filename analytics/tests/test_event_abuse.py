"""T37: what hostile and broken clients send to the events' door."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import httpx
import pytest

from accounts.models import User
from analytics.models import Event, SeenEvent
from analytics.services.intake import shapes

Click = Callable[..., dict[str, Any]]
Bearer = Callable[[User], dict[str, str]]
Raw = Callable[[bytes], httpx.Response]


@pytest.fixture
def raw(site: httpx.Client, bearer: Bearer, buyer: User) -> Raw:
    headers = {**bearer(buyer), "Content-Type": "application/json"}
    return lambda body: site.post("/v1/events", content=body, headers=headers)


def body_of(*events: dict[str, Any]) -> bytes:
    return json.dumps({"events": events}).encode()


def with_properties(text: str) -> bytes:
    """One that may be bad between two that are good."""
    good = '{"event_type":"ui.click","session_id":"abcdef","properties":{}}'
    return f'{{"events":[{good},{good[:-3]}{text}}},{good}]}}'.encode()


def test_T37_the_same_batch_ten_times_five_at_once_is_counted_once(raw: Raw, click: Click) -> None:
    events = [click(id=str(uuid4())) for _ in range(200)]
    shuffled = [random.sample(events, len(events)) for _ in range(10)]  # or locks might only happen to be in order

    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(raw, (body_of(*each) for each in shuffled)))

    assert {reply.status_code for reply in replies} == {202}
    assert sum(reply.json()["inserted"] for reply in replies) == 200
    assert {reply.json()["inserted"] + reply.json()["duplicates"] for reply in replies} == {200}
    assert Event.objects.count() == SeenEvent.objects.count() == 200


def test_T37_an_id_is_counted_once_within_a_batch_by_either_name_and_on_any_day(raw: Raw, click: Click) -> None:
    own = uuid4()
    assert raw(body_of(click(id=str(own)), click(event_id=own.hex.upper()), click())).json()["inserted"] == 2
    Event.objects.all().delete()  # its day is gone; its id is not forgotten

    reply = raw(body_of(click(id=str(own), occurred_at="2020-01-01T00:00:00Z")))

    assert (reply.json()["inserted"], reply.json()["duplicates"]) == (0, 1)


def test_T37_what_is_no_uuid_is_no_id(raw: Raw, click: Click) -> None:
    assert raw(body_of(*(click(id=value) for value in ("1", 1, None, "")))).json()["inserted"] == 4
    assert not SeenEvent.objects.exists()


def test_T37_one_bad_event_in_500_is_told_and_499_are_stored(raw: Raw, click: Click) -> None:
    events = [click() for _ in range(500)]
    events[321] = {**click(), "session_id": "short"}

    reply = raw(body_of(*events))

    assert (reply.status_code, reply.json()["inserted"], Event.objects.count()) == (202, 499, 499)
    assert [(each["index"], each["code"]) for each in reply.json()["rejected"]] == [(321, "invalid_event")]


@pytest.mark.parametrize("count", [501, 100_001])
def test_T37_too_many_events_are_a_413(raw: Raw, count: int) -> None:
    for event in ("{}", '{"event_type":"ui.click","session_id":"abcdef"}'):
        reply = raw(b'{"events":[' + ",".join([event] * count).encode() + b"]}")

        assert reply.status_code == 413, reply.text
        assert reply.headers["content-type"] == "application/json"
    assert not Event.objects.exists()


def test_T37_500_full_events_fit_and_a_larger_body_does_not(raw: Raw, settings: Any) -> None:
    full = {"event_type": "e" * 80, "session_id": "s" * 64, "properties": {"x": "y" * (shapes.MOST_BYTES - 8)}}
    assert raw(body_of(*[full] * 500)).json()["inserted"] == 500

    reply = raw(b" " * settings.TELEMETRY_BODY_BYTES + b"{}")

    assert (reply.status_code, reply.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ('{"a\\u0000b":"\\u0000"}', {"a\ufffdb": "\ufffd"}),
        ('{"x":"\\ud800","y":"\\ud83d\\ude00"}', {"x": "\ufffd", "y": "\U0001f600"}),
        ('{"x":1e999999}', {"x": None}),
        ('{"x":' + "9" * 400 + "}", {"x": int("9" * 400)}),
        ('{"x":1,"x":2}', {"x": 2}),
        ('{"x":"' + ":[{" * 40 + '"}', {"x": ":[{" * 40}),
    ],
)
def test_T37_what_no_database_holds_is_stored_cleaned(raw: Raw, text: str, stored: dict[str, Any]) -> None:
    reply = raw(with_properties(text))

    assert (reply.status_code, reply.json()["inserted"]) == (202, 3)
    assert Event.objects.exclude(properties={}).get().properties == stored


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"x":"' + "y" * shapes.MOST_BYTES + '"}', "properties_too_large"),
        ('{"x":' * 9 + "1" + "}" * 9, "properties_too_large"),
        ('{"x":' * 5_000 + "1" + "}" * 5_000, "invalid_event"),
        ("{" + ",".join(f'"{n}":1' for n in range(shapes.MOST_KEYS + 1)) + "}", "properties_too_large"),
    ],
    ids=["bytes", "levels", "bomb", "keys"],
)
def test_T37_properties_are_bounded_for_each_event(raw: Raw, text: str, code: str) -> None:
    reply = raw(with_properties(text))

    if reply.status_code == 422:  # so deep that nobody reads it to its end
        assert text.startswith('{"x":{"x":')
        return
    assert (reply.status_code, reply.json()["inserted"]) == (202, 2)
    assert [(each["index"], each["code"]) for each in reply.json()["rejected"]] == [(1, code)]


@pytest.mark.parametrize("name", ["event_type", "session_id", "step"])
def test_T37_a_nul_or_half_a_character_in_a_word_is_replaced(raw: Raw, click: Click, name: str) -> None:
    reply = raw(body_of(click(**{name: "abc\x00def"}), click(**{name: "abc\ud800def"})))

    assert reply.json()["inserted"] == 2
    assert set(Event.objects.values_list(name, flat=True)) == {"abc\ufffddef"}


def test_T37_clocks_that_cannot_be_believed_are_moved_to_the_bound_and_marked(raw: Raw, click: Click) -> None:
    now = datetime.now(UTC)
    said = {
        "future": "9999-12-31T23:59:59-12:00",
        "tomorrow": (now + timedelta(days=1)).isoformat(),
        "past": "0001-01-01T00:00:00+14:00",
        "old": (now - timedelta(days=31)).isoformat(),
        "elsewhere": (now - timedelta(days=2)).replace(tzinfo=timezone(timedelta(hours=17))).isoformat(),
        "fast": (now + timedelta(minutes=2)).isoformat(),
        "offline": (now - timedelta(days=29)).isoformat(),
    }

    assert raw(body_of(*(click(step=name, occurred_at=at) for name, at in said.items()))).json()["inserted"] == 7

    kept = {str(event.step): event for event in Event.objects.all()}
    assert {name for name, event in kept.items() if event.is_clamped} == {"future", "tomorrow", "past", "old"}
    for name, event in kept.items():
        assert event.received_at - timedelta(days=30) <= event.occurred_at <= event.received_at + timedelta(minutes=5)
        assert event.is_clamped or event.occurred_at == datetime.fromisoformat(said[name])


def test_T37_its_limit_is_of_its_own(raw: Raw, click: Click, settings: Any) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "telemetry": "2/minute"}

    replies = [raw(body_of(click())) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [202, 202, 429]
    assert Event.objects.count() == 2


def test_T37_who_signed_out_is_no_longer_heard(site: httpx.Client, raw: Raw, click: Click, buyer: User) -> None:
    from accounts.authentication import readers

    User.objects.filter(pk=buyer.pk).update(is_active=False)
    readers.forget()  # a few seconds later

    assert raw(body_of(click())).status_code == 401
    assert not Event.objects.exists()
