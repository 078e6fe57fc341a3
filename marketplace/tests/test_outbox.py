"""Events that were committed are delivered, and take effect once: F2, F12, F17, F22, F26."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models.functions import Now

from marketplace.common import outbox, tasks
from marketplace.common.models import OutboxDelivery, OutboxEvent
from marketplace.common.outbox import Event
from marketplace.common.wake import WakeUp

KIND = "test.happened"


@pytest.fixture
def listen() -> Iterator[Callable[[outbox.Listener], outbox.Listener]]:
    before = dict(outbox._listeners)
    yield outbox.listens_to(KIND)
    outbox._listeners.clear()
    outbox._listeners.update(before)


@pytest.fixture
def wake_up(monkeypatch: pytest.MonkeyPatch) -> WakeUp:
    """A bell nobody has rung yet: the process's own may still owe an answer to the test before."""
    bell = WakeUp("outbox")
    monkeypatch.setattr(outbox, "wake_up", bell)
    return bell


def make_due() -> None:
    OutboxDelivery.objects.filter(state="waiting").update(due_at=Now())


def effect(event: Event) -> None:
    """Something a listener writes, once per delivery that was committed."""
    Group.objects.create(name=f"{event.payload['name']}-{uuid4()}")


def effects() -> int:
    return Group.objects.exclude(name="Moderators").count()


@pytest.mark.django_db
def test_a_listener_gets_the_event_with_one_stable_id(listen: Any) -> None:
    seen: list[Event] = []

    def hear(event: Event) -> None:
        seen.append(event)

    listen(hear)

    outbox.publish(KIND, name="a")
    outbox.deliver_due()

    (event,) = seen
    assert (event.kind, event.payload) == (KIND, {"name": "a"})
    assert event.id == OutboxEvent.objects.get(kind=KIND).pk
    assert outbox.deliver_due() == 0


@pytest.mark.django_db
def test_who_publishes_writes_one_row_and_each_listener_gets_its_own_delivery(
    listen: Any, django_assert_num_queries: Any
) -> None:
    def first(event: Event) -> None: ...
    def second(event: Event) -> None: ...

    listen(first)
    listen(second)

    with django_assert_num_queries(1):
        outbox.publish(KIND, name="a")
    assert not OutboxDelivery.objects.exists()

    assert (outbox.hand_out(), outbox.hand_out()) == (1, 0)
    assert {row.listener.rpartition(".")[2] for row in OutboxDelivery.objects.all()} == {"first", "second"}


@pytest.mark.django_db
def test_what_nobody_listens_to_is_handed_out_to_nobody() -> None:
    outbox.publish("test.unheard")

    assert (outbox.deliver_due(), outbox.hand_out()) == (0, 0)
    assert not OutboxDelivery.objects.exists()


@pytest.mark.django_db
def test_what_a_listener_publishes_is_delivered_in_the_same_round(listen: Any) -> None:
    heard: list[str] = []

    def echo(event: Event) -> None:
        heard.append(event.payload["name"])
        if len(heard) < 3:
            outbox.publish(KIND, name="echo")

    listen(echo)
    outbox.publish(KIND, name="call")

    assert outbox.deliver_due() == 3
    assert heard == ["call", "echo", "echo"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_hand_each_event_out_once(listen: Any) -> None:
    listen(effect)
    for _ in range(20):
        outbox.publish(KIND, name="a")
    together = threading.Barrier(2)
    handed: list[int] = []

    def hand_out() -> None:
        together.wait()
        while given := outbox.hand_out(most=3):
            handed.append(given)
        connection.close()

    workers = [threading.Thread(target=hand_out) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(handed) == 20
    assert OutboxDelivery.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_was_never_published(listen: Any) -> None:
    listen(effect)
    with transaction.atomic():
        outbox.publish(KIND, name="a")
        transaction.set_rollback(True)

    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_a_worker_once_however_many_events_it_holds(listen: Any, wake_up: WakeUp) -> None:
    listen(effect)
    calls: list[int] = []
    woken = threading.Event()

    def wake() -> None:
        calls.append(1)
        woken.set()

    wake_up.means(wake)
    with transaction.atomic():
        outbox.publish(KIND, name="a")
        outbox.publish(KIND, name="b")
        assert not woken.wait(0.1)

    assert woken.wait(10)
    assert calls == [1]


@pytest.mark.django_db(transaction=True)
def test_F4_F5_a_broker_that_is_away_or_silent_neither_fails_nor_delays_the_change(
    listen: Any, wake_up: WakeUp
) -> None:
    listen(effect)
    silent, called = threading.Event(), threading.Event()

    def say_nothing() -> None:
        called.set()
        silent.wait(20)
        raise OSError("no broker")

    wake_up.means(say_nothing)
    started = time.monotonic()
    for name in ("a", "b"):
        with transaction.atomic():
            outbox.publish(KIND, name=name)
    took = time.monotonic() - started
    assert called.wait(10)
    silent.set()

    assert took < 5, "the request did not wait for the broker's twenty seconds"
    assert outbox.deliver_due() == 2


@pytest.mark.django_db(transaction=True)
def test_a_failing_listener_is_tried_again_later_and_its_writes_are_undone(listen: Any) -> None:
    tries: list[int] = []

    def fails_twice(event: Event) -> None:
        effect(event)
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("not yet")

    listen(fails_twice)
    outbox.publish(KIND, name="a")
    for _ in range(3):
        outbox.deliver_due()
        make_due()

    assert len(tries) == 3
    assert effects() == 1
    assert OutboxDelivery.objects.get().state == OutboxDelivery.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_retry_waits_longer_each_time(listen: Any) -> None:
    def fails(_: Event) -> None:
        raise RuntimeError("no")

    listen(fails)
    outbox.publish(KIND, name="a")
    outbox.deliver_due()

    assert outbox.deliver_due() == 0, "it is not due yet"
    delivery = OutboxDelivery.objects.get()
    assert "RuntimeError" in delivery.last_error
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM due_at - now()) FROM common_outboxdelivery")
        assert 0 < float(cursor.fetchone()[0]) <= 2


@pytest.mark.django_db(transaction=True)
def test_F22_what_always_fails_is_put_aside_and_the_queue_moves_on(listen: Any) -> None:
    def fails_for_a(event: Event) -> None:
        if event.payload["name"] == "a":
            raise RuntimeError("poison")
        effect(event)

    listen(fails_for_a)
    outbox.publish(KIND, name="a")
    outbox.publish(KIND, name="b")
    for _ in range(outbox.MAX_ATTEMPTS + 3):
        outbox.deliver_due()
        make_due()

    states = dict(OutboxDelivery.objects.values_list("event__payload__name", "state"))
    assert states == {"a": "dead", "b": "done"}
    assert OutboxDelivery.objects.get(state="dead").attempts == outbox.MAX_ATTEMPTS
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_F12_F17_four_sweeps_at_once_deliver_each_event_once(listen: Any) -> None:
    listen(effect)
    for number in range(60):
        outbox.publish(KIND, name=str(number))

    sweep_in_parallel(4)

    assert effects() == 60


@pytest.mark.django_db(transaction=True)
def test_F12_negative_control_without_the_row_lock_an_event_takes_effect_twice(
    listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sweeps look at the same waiting row before either marks it: that is what the claim prevents."""
    listen(effect)
    together = threading.Barrier(2, timeout=20)

    def unguarded() -> tuple[int, int] | None:
        row = OutboxDelivery.objects.filter(state="waiting").values_list("pk", "attempts").first()
        together.wait()
        return row

    def unfenced(delivery_id: int, attempt: int) -> None:
        delivery = OutboxDelivery.objects.select_related("event").get(pk=delivery_id)
        effect(Event(delivery.event.id, KIND, delivery.event.payload, delivery.event.created_at))
        OutboxDelivery.objects.filter(pk=delivery_id).update(state="done")

    monkeypatch.setattr(outbox, "_claim", unguarded)
    monkeypatch.setattr(outbox, "_deliver", unfenced)
    outbox.publish(KIND, name="a")
    outbox.hand_out()  # else one of them may look before the other has committed what it hands out
    sweep_in_parallel(2, limit=1)

    assert effects() == 2


def sweep_in_parallel(count: int, *, limit: int = 100) -> None:
    def sweep() -> None:
        outbox.deliver_due(limit=limit)
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_F26_a_worker_that_wakes_with_an_old_claim_changes_nothing(listen: Any) -> None:
    listen(effect)
    outbox.publish(KIND, name="a")
    outbox.hand_out()
    old = outbox._claim()
    assert old is not None
    make_due()  # its lease ran out while it slept
    outbox.deliver_due()

    outbox._deliver(*old)

    assert effects() == 1


KILLED_IN_THE_LISTENER = """
import os, signal
import django; django.setup()
from marketplace.common import outbox
from accounts.models import User
from django.contrib.auth.models import Group

@outbox.listens_to("test.happened")
def listener(event):
    Group.objects.create(name="half done")
    os.kill(os.getpid(), signal.SIGKILL)

listener.__module__ = "killed"
outbox._listeners["test.named"] = outbox._listeners.popitem()[1]
outbox.deliver_due()
"""


@pytest.mark.django_db(transaction=True)
def test_F2_a_process_killed_inside_a_listener_leaves_nothing_half_done_and_the_event_waiting(listen: Any) -> None:
    outbox._listeners["test.named"] = (frozenset({KIND}), effect)
    outbox.publish(KIND, name="a")
    database = settings.DATABASES["default"]
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST'] or ''}/{database['NAME']}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "marketplace.settings", "DATABASE_URL": url}
    if database["HOST"].startswith("/"):
        environment |= {"DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}"}
        environment |= {"PGHOST": database["HOST"]}
    elif database["PORT"]:
        environment |= {"PGPORT": str(database["PORT"])}

    done = subprocess.run(
        [sys.executable, "-c", KILLED_IN_THE_LISTENER],
        env=environment,
        cwd=Path(settings.BASE_DIR),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not Group.objects.filter(name="half done").exists()
    delivery = OutboxDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("waiting", 1)
    make_due()
    outbox.deliver_due()
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_F22_what_kills_its_process_every_time_is_put_aside_too(listen: Any) -> None:
    listen(effect)
    outbox.publish(KIND, name="a")
    outbox.hand_out()
    OutboxDelivery.objects.update(attempts=outbox.MAX_ATTEMPTS)  # claimed so often, and never came back

    outbox.deliver_due()

    assert OutboxDelivery.objects.get().state == OutboxDelivery.State.DEAD
    assert effects() == 0


@pytest.mark.django_db(transaction=True)
def test_delivered_events_are_forgotten_and_dead_ones_are_kept(listen: Any) -> None:
    listen(effect)
    outbox.publish(KIND, name="a")
    outbox.publish(KIND, name="b")
    outbox.deliver_due()
    OutboxDelivery.objects.filter(event__payload__name="b").update(state="dead")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE common_outboxevent SET created_at = now() - interval '15 days'")

    tasks.tidy()

    assert [event.payload["name"] for event in OutboxEvent.objects.all()] == ["b"]
