"""`manage.py prepare`: what stands between a start and the first request."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from io import StringIO

import pytest
from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection, connections
from psycopg import errors
from pytest_django import Settings
from redis.exceptions import RedisError

from accounts.models import User
from accounts.services import demo
from marketplace.management import bucket, database
from marketplace.tests.production import prepare


@pytest.mark.django_db
def test_prepare_says_what_the_clients_documents_promise() -> None:
    lines = prepare().splitlines()

    assert "DB extensions ensured (postgis, pgcrypto, citext)." in lines
    assert "Redis ping: True" in lines


@pytest.mark.django_db
def test_prepare_goes_on_without_redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def ping(self) -> bool:
            raise RedisError

    monkeypatch.setattr("marketplace.management.commands.prepare.redis_connection", Away)

    said = prepare()

    assert "Redis ping: False" in said
    assert "Warning: Redis does not answer" in said


@pytest.mark.django_db
def test_prepare_makes_the_demo_people_once(settings: Settings) -> None:
    settings.IS_LOCAL = True

    first, second = prepare(), prepare()

    assert "Demo people made: admin, user1, user2." in first
    assert "Demo people" not in second
    admin = User.objects.get(username="admin")
    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert not User.objects.filter(username__startswith="user", is_staff=True).exists()
    assert demo.with_known_passwords() == ["admin", "user1", "user2"]


@pytest.mark.django_db
def test_prepare_leaves_whoever_has_a_demo_name_as_they_are(
    settings: Settings, make_person: Callable[..., User]
) -> None:
    settings.IS_LOCAL = True
    mine = make_person("Admin", email=None)

    prepare()

    assert User.objects.get(username__iexact="admin") == mine
    assert not User.objects.get(pk=mine.pk).is_superuser


@pytest.mark.django_db
def test_prepare_makes_no_demo_people_outside_local(settings: Settings) -> None:
    settings.IS_LOCAL = False

    prepare()

    assert not User.objects.exists()
    with pytest.raises(demo.OnlyLocal):
        demo.ensure_people(is_local=False)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_prepare_refuses_a_real_site_with_the_demos_passwords(settings: Settings) -> None:
    settings.IS_LOCAL = True
    prepare()
    settings.IS_LOCAL = False

    with pytest.raises(CommandError, match="admin, user1, user2"):
        prepare()

    for person in User.objects.all():
        person.set_password(secrets.token_hex(8))
        person.save()
    prepare()


@pytest.mark.django_db
def test_prepare_lets_apps_seed_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def seed(self: AppConfig) -> str:
        assert connection.in_atomic_block
        return "Seeded base categories."

    monkeypatch.setattr(type(installed_apps.get_app_config("marketplace")), "seed", seed, raising=False)

    assert "Seeded base categories." in prepare().splitlines()


@pytest.mark.django_db
def test_prepare_collects_static_files_where_the_image_did_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr("marketplace.management.commands.prepare.call_command", lambda name, **_: called.append(name))
    for settings.IS_LOCAL in (False, True):
        call_command("prepare", wait=5, stdout=StringIO())

    assert called == ["collectstatic"]


def test_a_database_that_is_not_there_gets_a_clear_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connections["default"],
        "get_connection_params",
        lambda: {"host": "127.0.0.1", "port": 1, "connect_timeout": 2},
    )
    said: list[str] = []

    with (
        pytest.raises(CommandError, match=r"did not answer within 0\.2 s: .*refused"),
        database.alone(wait=0.2, say=said.append),
    ):
        pass

    assert said[0].startswith("Waiting up to 0.2 s for the database")


@pytest.mark.django_db(transaction=True)
def test_a_migration_gets_time_to_work_but_not_to_block() -> None:
    def limits() -> tuple[str, ...]:
        with connection.cursor() as cursor:
            names = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
            return tuple(cursor.execute(f"SHOW {name}").fetchone()[0] for name in names)

    before = limits()
    with database.unhurried():
        assert limits() == ("0", "0", "1s")
    assert limits() == before


def test_a_busy_table_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = OperationalError()
    busy.__cause__ = errors.LockNotAvailable()
    outcomes: list[Exception | None] = [busy, busy, None]

    def migrate(say: database.Say) -> None:
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    monkeypatch.setattr(database, "_migrate", migrate)
    monkeypatch.setattr("marketplace.management.database.time.sleep", lambda _: None)
    said: list[str] = []

    database.migrate(say=said.append)

    assert said == ["A table is busy; trying again in 1 s.", "A table is busy; trying again in 2 s."]


def test_a_table_that_stays_busy_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = OperationalError()
    busy.__cause__ = errors.LockNotAvailable()

    def migrate(say: database.Say) -> None:
        raise busy

    monkeypatch.setattr(database, "_migrate", migrate)
    monkeypatch.setattr("marketplace.management.database.time.sleep", lambda _: None)

    with pytest.raises(CommandError, match="stayed busy"):
        database.migrate(say=lambda _: None)


@pytest.mark.django_db
def test_two_preparations_at_once_take_turns() -> None:
    first_is_in, first_may_go = threading.Event(), threading.Event()
    told: list[str] = []

    def first() -> None:
        with database.alone(wait=5, say=told.append):
            first_is_in.set()
            first_may_go.wait(10)
            told.append("first leaves")

    def say(line: str) -> None:
        told.append(line)
        first_may_go.set()

    thread = threading.Thread(target=first)
    thread.start()
    assert first_is_in.wait(10)
    with database.alone(wait=5, say=say):
        told.append("second is in")
    thread.join()

    assert told == ["Another preparation is running: waiting for it to end.", "first leaves", "second is in"]


# ── The bucket ───────────────────────────────────────────────────────────────────────────────────


def test_a_store_that_is_away_is_told_in_one_sentence(settings: Settings) -> None:
    settings.S3_ENDPOINT = "http://127.0.0.1:1"
    settings.S3_ACCESS_KEY = settings.S3_SECRET_KEY = "key"

    with pytest.raises(bucket.BucketTrouble, match="does not answer"):
        bucket.ensure()
