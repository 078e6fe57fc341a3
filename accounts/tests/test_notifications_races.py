"""Two workers, one delivery; two events, one key. Real threads, real transactions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from accounts.models import Delivery, Notification, User
from accounts.notices import deliver, telling
from accounts.push import PushMessage, PushTarget
from accounts.push.memory import MemoryPush
from accounts.tests.notices import phone_of, pushed_tokens, sweep, tell
from marketplace.common.ids import uuid7

WAIT = 10.0
UNGUARDED = """
SELECT id, attempts FROM accounts_delivery
WHERE state = 'waiting' AND due_at <= statement_timestamp() - make_interval(secs => 0 * %s) LIMIT 1
"""
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("note")]


class Worker(threading.Thread):
    """Runs a step on a connection of its own and keeps what went wrong."""

    def __init__(self, step: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._step = step
        self.trouble: BaseException | None = None

    def run(self) -> None:
        try:
            self._step()
        except BaseException as error:
            self.trouble = error
        finally:
            connection.close()

    def finish(self) -> None:
        self.join(WAIT)
        assert not self.is_alive()
        if self.trouble is not None:
            raise self.trouble


def sends_of_two_sweeps(person: User) -> int:
    """The second sweep runs while the first one's message is on its way."""
    phone_of(person)
    tell(person)
    Delivery.objects.filter(channel="email").delete()
    on_its_way, may_arrive = threading.Event(), threading.Event()

    def answer(target: PushTarget, message: PushMessage) -> None:
        if not on_its_way.is_set():
            on_its_way.set()
            assert may_arrive.wait(WAIT)

    MemoryPush.answer = answer
    first = Worker(sweep)
    first.start()
    assert on_its_way.wait(WAIT)
    second = Worker(sweep)
    second.start()
    second.finish()
    may_arrive.set()
    first.finish()
    return len(MemoryPush.sent)


def test_two_sweeps_at_once_send_once(buyer: User) -> None:
    assert sends_of_two_sweeps(buyer) == 1


def test_a_sweep_passes_by_what_another_is_just_claiming(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    Delivery.objects.filter(channel="email").delete()

    with transaction.atomic():
        assert deliver._claim() is not None
        other = Worker(sweep)
        other.start()
        other.finish()

    assert MemoryPush.sent == []


def test_negative_control_without_the_claim_two_sweeps_send_twice(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "_CLAIM", UNGUARDED)
    assert sends_of_two_sweeps(buyer) == 2


def test_four_workers_share_forty_deliveries_and_none_is_sent_twice(
    make_person: Callable[..., User],
) -> None:
    people = [make_person(f"person{number}") for number in range(20)]
    for person in people:
        phone_of(person, f"phone of {person.username}")
        phone_of(person, f"tablet of {person.username}")
    tell(*people)
    Delivery.objects.filter(channel="email").delete()
    start = threading.Barrier(4)

    def work() -> None:
        start.wait(WAIT)
        sweep()

    workers = [Worker(work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.finish()

    assert len(MemoryPush.sent) == 40
    assert set(Counter(pushed_tokens()).values()) == {1}
    assert not Delivery.objects.exclude(state=Delivery.State.SENT).exists()


def test_no_transaction_is_open_while_the_network_is_asked(buyer: User) -> None:
    phone_of(buyer)
    tell(buyer)
    seen: list[bool] = []

    def answer(target: PushTarget, message: PushMessage) -> None:
        seen.append(connection.in_atomic_block)

    MemoryPush.answer = answer
    sweep()
    assert seen == [False]


def tell_at_once(person: User) -> list[BaseException]:
    start = threading.Barrier(8)

    def work() -> None:
        start.wait(WAIT)
        tell(person, collapse_key="room:1", event_id=uuid7())

    workers = [Worker(work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(WAIT)
    return [worker.trouble for worker in workers if worker.trouble is not None]


def test_of_many_events_at_once_with_one_key_the_newest_stands_alone(buyer: User) -> None:
    assert tell_at_once(buyer) == []

    assert Notification.objects.count() == 8
    newest = Notification.objects.order_by("event_id").last()
    assert Notification.objects.current().get() == newest


def test_negative_control_without_the_lock_they_collide(buyer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_lock", lambda ids, kind, blocked: list(User.objects.filter(pk__in=list(ids))))
    assert any(tell_at_once(buyer) for _ in range(20))  # the first that goes wrong is enough


def test_one_event_told_by_two_at_once_is_told_once(buyer: User) -> None:
    phone_of(buyer)
    event_id, start = uuid7(), threading.Barrier(4)

    def work() -> None:
        start.wait(WAIT)
        tell(buyer, event_id=event_id)

    workers = [Worker(work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.finish()

    assert Notification.objects.count() == 1
    assert Delivery.objects.filter(channel="push").count() == 1
