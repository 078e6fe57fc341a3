"""The campus contract, §11: the queue of chores, its workers and its timer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from listings import tasks
from listings.models import MaintenanceRun, PricePrior
from listings.services import chores, maintenance
from marketplace.celery import app
from marketplace.common.errors import InvalidInput

pytestmark = pytest.mark.django_db

Chore, State = MaintenanceRun.Chore, MaintenanceRun.State
THUMBNAILS = "/v1/maintenance/thumbnails/rebuild"
PRICES = "/v1/maintenance/price-suggestions/precompute"
ORPHANS = "/v1/maintenance/cleanup/orphans"


@pytest.fixture(autouse=True)
def nobody_is_woken() -> None:
    maintenance.wake_up.means(lambda: None)


@pytest.fixture
def chore(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Any]], None]:
    """What the suggestions chore does in this test."""

    def does(work: Callable[..., Any]) -> None:
        monkeypatch.setitem(chores.CHORES, Chore.SUGGESTIONS, work)

    return does


@pytest.fixture
def run(db: None) -> MaintenanceRun:
    return MaintenanceRun.objects.create(chore=Chore.SUGGESTIONS)


def make_due(run: MaintenanceRun) -> None:
    MaintenanceRun.objects.filter(pk=run.pk).update(due_at=timezone.now() - timedelta(seconds=1))


# ── The worker ───────────────────────────────────────────────────────────────────────────────────


def test_11_prices_are_precomputed_and_the_task_says_so(
    signed_in: Callable[..., APIClient],
    administrator: User,
    make_person: Callable[..., User],
    make_listing: Callable[..., Any],
) -> None:
    for n in range(6):
        make_listing(by=make_person(f"shop{n}"))
    client = signed_in(administrator)
    task_id = client.post(PRICES).json()["task_id"]

    assert tasks.work_off_chores() == 1

    shown = client.get(f"/v1/maintenance/tasks/{task_id}").json()
    assert (shown["state"], shown["result"]) == ("SUCCESS", {"priors": 1})
    assert PricePrior.objects.count() == 1
    assert tasks.work_off_chores() == 0


def test_11_orphans_and_thumbnails_are_worked_off(
    signed_in: Callable[..., APIClient], administrator: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    client = signed_in(administrator)
    asked = [client.post(url).json()["task_id"] for url in (THUMBNAILS, f"{ORPHANS}?prefix=listings/", ORPHANS)]

    assert maintenance.work_due() == 3

    shown = [client.get(f"/v1/maintenance/tasks/{task_id}").json() for task_id in asked]
    assert [each["state"] for each in shown] == ["SUCCESS"] * 3, shown
    assert shown[0]["result"] == {"queued": 0}
    assert {each["result"]["deleted"] for each in shown[1:]} == {0}


def test_a_chore_runs_outside_of_a_transaction_and_is_shown_as_started(
    chore: Callable[..., None], run: MaintenanceRun
) -> None:
    depth = len(connection.savepoint_ids)
    seen: list[Any] = []

    def look(*_: Any) -> dict[str, Any]:
        seen.append((len(connection.savepoint_ids), MaintenanceRun.objects.get(pk=run.pk).state))
        return {}

    chore(look)
    maintenance.work_due()

    assert seen == [(depth, "STARTED")]


def test_a_chore_that_fails_is_tried_three_times_and_tells_no_secrets(
    chore: Callable[..., None], run: MaintenanceRun
) -> None:
    def fail(*_: Any) -> dict[str, Any]:
        raise OSError("s3://key:secret@store")

    chore(fail)
    states = []
    for _ in range(4):
        maintenance.work_due()
        run.refresh_from_db()
        states.append(run.state)
        if run.due_at is not None:
            assert run.due_at > timezone.now()
            make_due(run)

    assert states == ["PENDING", "PENDING", "FAILURE", "FAILURE"]
    assert (run.attempts, run.result) == (3, {"error": "OSError"})
    assert run.done_at is not None


def test_a_refusal_is_final_and_says_why(chore: Callable[..., None], run: MaintenanceRun) -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise InvalidInput.one(["query", "prefix"], "This is not a folder")

    chore(refuse)
    maintenance.work_due()

    run.refresh_from_db()
    assert (run.state, run.attempts, run.result) == ("FAILURE", 1, {"error": "This is not a folder"})


def test_a_chore_that_kills_its_worker_each_time_ends(chore: Callable[..., None], run: MaintenanceRun) -> None:
    def die(*_: Any) -> dict[str, Any]:
        raise KeyboardInterrupt

    chore(die)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            maintenance.work_due()
        assert maintenance.work_due() == 0  # its lease still holds
        make_due(run)
    maintenance.work_due()

    run.refresh_from_db()
    assert (run.state, run.attempts) == ("FAILURE", 4)


def test_a_worker_that_only_seemed_dead_writes_nothing(chore: Callable[..., None], run: MaintenanceRun) -> None:
    def be_overtaken(*_: Any) -> dict[str, Any]:
        chore(lambda *_: {"by": "second"})
        make_due(run)
        maintenance.work_due()
        return {"by": "first"}

    chore(be_overtaken)
    maintenance.work_due()

    run.refresh_from_db()
    assert (run.state, run.result) == ("SUCCESS", {"by": "second"})


@pytest.mark.django_db(transaction=True)
def test_each_chore_is_done_once_by_many_workers(chore: Callable[..., None], db: None) -> None:
    done: list[int] = []

    def note(wanted: dict[str, Any], now: Any) -> dict[str, Any]:
        done.append(wanted["n"])
        return {}

    chore(note)
    MaintenanceRun.objects.bulk_create(MaintenanceRun(chore=Chore.SUGGESTIONS, wanted={"n": n}) for n in range(20))
    barrier = threading.Barrier(8, timeout=20)

    def work() -> None:
        connection.ensure_connection()
        barrier.wait()
        maintenance.work_due()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(done) == list(range(20))
    assert set(MaintenanceRun.objects.values_list("state", flat=True)) == {State.SUCCESS}


@pytest.mark.django_db(transaction=True)
def test_the_sweep_does_not_wait_for_a_long_chore(chore: Callable[..., None], db: None) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def long(*_: Any) -> dict[str, Any]:
        begun.set()
        may_end.wait(20)
        return {}

    chore(long)
    run = MaintenanceRun.objects.create(chore=Chore.SUGGESTIONS)

    tasks.chores_in_a_thread()
    assert begun.wait(20)
    tasks.chores_in_a_thread()  # returns at once, and starts no second one
    assert sum(thread.name == "chores" for thread in threading.enumerate()) == 1
    may_end.set()
    for thread in threading.enumerate():
        if thread.name == "chores":
            thread.join(20)

    assert MaintenanceRun.objects.get(pk=run.pk).state == State.SUCCESS


# ── The timer ────────────────────────────────────────────────────────────────────────────────────


def test_11_the_timer_asks_once_an_hour_however_often_it_rings(db: None) -> None:
    now = timezone.now()

    def ring(at: Any) -> bool:
        return maintenance.ask_once(Chore.SUGGESTIONS, wanted={}, slot=f"{at:%Y-%m-%dT%H}", now=at)

    assert [ring(now), ring(now), ring(now + timedelta(hours=1))] == [True, False, True]
    assert MaintenanceRun.objects.count() == 2


def test_11_both_timers_ask(db: None) -> None:
    assert (tasks.ask_for_prices(), tasks.ask_for_orphans(), tasks.ask_for_orphans()) == (True, True, False)
    assert set(MaintenanceRun.objects.values_list("chore", flat=True)) == {Chore.SUGGESTIONS, Chore.ORPHANS}


def test_what_is_long_over_is_forgotten_and_what_still_waits_is_not(run: MaintenanceRun) -> None:
    now = timezone.now()
    old = now - timedelta(days=31)
    MaintenanceRun.objects.filter(pk=run.pk).update(created_at=old)
    over = MaintenanceRun.objects.create(chore=Chore.ORPHANS, state=State.SUCCESS, due_at=None, done_at=old)

    maintenance.ask_once(Chore.ORPHANS, wanted={}, slot="x", now=now)

    kept = set(MaintenanceRun.objects.values_list("pk", flat=True))
    assert run.pk in kept
    assert over.pk not in kept


def test_11_the_schedule_is_hourly_and_weekly_and_missed_rings_expire() -> None:
    prices, orphans = (app.conf.beat_schedule[name] for name in ("precompute-prices", "collect-orphans"))

    assert prices["schedule"].is_due(timezone.now() - timedelta(hours=1)).is_due
    assert not orphans["schedule"].is_due(timezone.now()).is_due
    assert orphans["schedule"].is_due(timezone.now() - timedelta(days=7)).is_due
    assert prices["options"]["expires"] < 3_600
    assert {prices["task"], orphans["task"]} <= set(app.tasks)
