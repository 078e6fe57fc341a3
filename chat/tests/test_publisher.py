"""Hints reach Redis in the order in which they were given, also when many come at once, and when the process ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from redis.exceptions import ConnectionError as RedisAway

from chat import publisher as publishing
from chat.publisher import Publisher
from marketplace.common import metrics
from marketplace.common.redisdb import connection

CHANNEL = "chat:r:of-this-test"
PATIENCE = 10.0


@pytest.fixture
def heard() -> Iterator[Callable[[int], list[bytes]]]:
    listener = connection().pubsub(ignore_subscribe_messages=True)
    listener.subscribe(CHANNEL)
    listener.get_message(ignore_subscribe_messages=False, timeout=PATIENCE)

    def hear(many: int) -> list[bytes]:
        found: list[bytes] = []
        until = time.monotonic() + PATIENCE
        while len(found) < many and time.monotonic() < until:
            message: Any = listener.get_message(timeout=1.0)
            if message is not None:
                found.append(message["data"])
        return found

    yield hear
    listener.close()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.finish()


def test_many_hints_are_all_passed_on_in_their_order(publisher: Publisher, heard: Callable[[int], list[bytes]]) -> None:
    hints = [b"%d" % number for number in range(1_000)]

    for hint in hints:
        publisher.publish(CHANNEL, hint)

    assert heard(len(hints)) == hints


def test_many_that_wait_are_passed_on_together(
    publisher: Publisher, heard: Callable[[int], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    send, trips, may_go = publishing._send, [], threading.Event()

    def slowly(hints: list[publishing.Hint]) -> None:
        may_go.wait(PATIENCE)
        trips.append(len(hints))
        send(hints)

    monkeypatch.setattr(publishing, "_send", slowly)
    for number in range(100):
        publisher.publish(CHANNEL, b"%d" % number)
    may_go.set()

    assert len(heard(100)) == 100
    assert (sum(trips), len(trips) <= 3) == (100, True), trips


def test_what_redis_does_not_take_is_counted_and_the_next_is_passed_on(
    publisher: Publisher, heard: Callable[[int], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()
    before = metrics.chat_publish_failures._value.get()

    def away(question: Callable[[], Any]) -> Any:
        asked.set()
        raise RedisAway("away")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "ask", away)
        publisher.publish(CHANNEL, b"lost")
        assert asked.wait(PATIENCE)
        while metrics.chat_publish_failures._value.get() == before:
            time.sleep(0.001)
    publisher.publish(CHANNEL, b"heard")

    assert heard(1) == [b"heard"]
    assert metrics.chat_publish_failures._value.get() == before + 1


def test_a_process_that_ends_says_first_what_it_had_to_say(heard: Callable[[int], list[bytes]]) -> None:
    program = f"""
import django
django.setup()
from django.conf import settings
settings.REDIS_URL = {settings.REDIS_URL!r}
from chat.publisher import publisher
for number in range(200):
    publisher.publish({CHANNEL!r}, b"%d" % number)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)

    assert heard(200) == [b"%d" % number for number in range(200)]


def test_a_forked_process_has_a_thread_of_its_own(
    publisher: Publisher, heard: Callable[[int], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.publish(CHANNEL, b"here")
    assert heard(1) == [b"here"]
    thread = publisher._thread

    monkeypatch.setattr("chat.publisher.os.getpid", lambda: 1)  # what a child would be told
    publisher.publish(CHANNEL, b"there")

    assert heard(1) == [b"there"]
    assert publisher._thread is not thread
