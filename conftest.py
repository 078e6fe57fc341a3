"""What every test starts from: an empty Redis of its own, a fast hasher, and people to act."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Session, Surface, User
from accounts.notices import telling
from accounts.push.memory import MemoryPush
from accounts.services import sign_in
from accounts.tokens import pair_for
from analytics.services.intake.background import notebook
from chat.services.files import events as files
from listings.services.pictures import events as pictures
from marketplace.common import health, outbox
from marketplace.common.redisdb import connection as redis_connection
from marketplace.common.redisdb import trouble
from marketplace.tests import emptying
from marketplace.tests.live import running_server

pytest_plugins = (
    "marketplace.tests.log_grep",  # the session fails when a log of it holds a secret
    "marketplace.tests.browser",
)

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# each test process has a Redis database of its own, counted from the top so that nobody else's is emptied
django_settings.REDIS_URL = django_settings.REDIS_URL.rpartition("/")[0] + f"/{15 - WORKER}"
# race tests hold twenty connections at once, and the test itself one more
django_settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 40
django_settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 30.0  # and fifty at once wait for their turn

emptying.instead_of_flush()
notebook.writes_itself = False  # tests have it write by hand: a thread knows nothing of a test's transaction
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def clean_slate(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DEMO_DATA = False  # a market is empty until a test fills it
    settings.PUSH_BACKEND = "accounts.push.memory.MemoryPush"
    outbox.wake_up.means(lambda: None)  # tests deliver by hand, or start a real worker
    telling.wake_up.means(lambda: None)
    pictures.wake_up.means(lambda: None)
    files.wake_up.means(lambda: None)
    notebook.forget()
    trouble.forget()
    for probe in (health.redis_probe, health.storage_probe):
        probe.forget()
    MemoryPush.forget()
    redis_connection().flushdb()


@pytest.fixture
def make_person(db: None) -> Callable[..., User]:
    def make(username: str, **facts: Any) -> User:
        facts.setdefault("email", f"{username}@uni.edu")
        facts.setdefault("name", username.title())
        person = User(username=username, **facts)
        person.set_password(PASSWORD)
        person.save()
        return person

    return make


@pytest.fixture
def buyer(make_person: Callable[..., User]) -> User:
    return make_person("buyer")


@pytest.fixture
def seller(make_person: Callable[..., User]) -> User:
    return make_person("seller")


@pytest.fixture
def stranger(make_person: Callable[..., User]) -> User:
    return make_person("stranger")


@pytest.fixture
def moderator(make_person: Callable[..., User]) -> User:
    person = make_person("moderator", is_staff=True)
    person.groups.add(Group.objects.get(name="Moderators"))
    return person


@pytest.fixture
def administrator(make_person: Callable[..., User]) -> User:
    return make_person("administrator", is_staff=True, is_superuser=True)


def session_of(person: User, *, surface: Surface = Surface.CAMPUS) -> Session:
    return sign_in.open_session(person, surface=surface, address="127.0.0.1", user_agent="tests", now=timezone.now())


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def signed_in() -> Callable[..., APIClient]:
    """`signed_in(buyer)`: an API client with a real token of a real session."""

    def client(person: User, **kwargs: Any) -> APIClient:
        api = APIClient(**kwargs)
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {pair_for(session_of(person)).access}")
        return api

    return client


@pytest.fixture
def in_admin() -> Callable[[User], Client]:
    def client(person: User) -> Client:
        browser = Client()
        browser.force_login(person, backend="accounts.backends.GuardedBackend")
        return browser

    return client


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    """Of the real server."""
    with running_server() as address:
        yield address


@pytest.fixture
def other_address(address: str) -> Iterator[str]:
    """Of a second one, with a hub of its own, before the same database and Redis."""
    with running_server() as other:
        yield other
