"""The campus contract, §11: chores that staff set going, and the queue that they wait in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from listings.models import MaintenanceRun
from marketplace.common.ids import uuid7
from marketplace.common.models import AuditEntry

pytestmark = pytest.mark.django_db

Chore, State = MaintenanceRun.Chore, MaintenanceRun.State
THUMBNAILS = "/v1/maintenance/thumbnails/rebuild"
PRICES = "/v1/maintenance/price-suggestions/precompute"
ORPHANS = "/v1/maintenance/cleanup/orphans"


@pytest.fixture
def run(db: None) -> MaintenanceRun:
    return MaintenanceRun.objects.create(chore=Chore.SUGGESTIONS)


@pytest.mark.parametrize(
    ("url", "name", "wanted"),
    [
        (THUMBNAILS, "thumbnails", {"object_key": None, "sizes": [300, 800]}),
        (f"{THUMBNAILS}?sizes=800&sizes=300", "thumbnails", {"object_key": None, "sizes": [300, 800]}),
        (
            f"{THUMBNAILS}?object_key=listings/a/b.png&sizes=300",
            "thumbnails",
            {"object_key": "listings/a/b.png", "sizes": [300]},
        ),
        (PRICES, "suggestions", {}),
        (f"{ORPHANS}?prefix=listings/", "orphans", {"prefix": "listings/"}),
        (ORPHANS, "orphans", {"prefix": None}),
    ],
)
def test_11_staff_ask_and_get_a_task_that_waits(
    signed_in: Callable[..., APIClient], administrator: User, url: str, name: str, wanted: dict[str, Any]
) -> None:
    client = signed_in(administrator)

    reply = client.post(url)

    assert reply.status_code == 202, reply.content
    run = MaintenanceRun.objects.get()
    assert reply.json() == {"task_id": str(run.pk)}
    assert (run.chore, run.wanted, run.state, run.asked_by) == (name, wanted, "PENDING", administrator)
    shown = client.get(f"/v1/maintenance/tasks/{run.pk}").json()
    assert shown == {"task_id": str(run.pk), "state": "PENDING", "result": None}
    assert AuditEntry.objects.get(action="maintenance.asked").actor == administrator


@pytest.mark.parametrize("url", [THUMBNAILS, PRICES, ORPHANS])
def test_T12_maintenance_is_staffs(
    anonymous: APIClient, signed_in: Callable[..., APIClient], buyer: User, moderator: User, url: str
) -> None:
    assert anonymous.post(url).status_code == 401
    for person in (buyer, moderator):
        assert signed_in(person).post(url).status_code == 403
    assert not MaintenanceRun.objects.exists()


def test_T12_the_permission_alone_is_not_enough_and_neither_is_being_staff(
    signed_in: Callable[..., APIClient], make_person: Callable[..., User], run: MaintenanceRun
) -> None:
    permission = Permission.objects.get(codename="run_maintenance")
    helper, staff, operator = (
        make_person("helper"),
        make_person("staff", is_staff=True),
        make_person("op", is_staff=True),
    )
    helper.user_permissions.add(permission)
    operator.user_permissions.add(permission)
    url = f"/v1/maintenance/tasks/{run.pk}"

    assert [signed_in(person).get(url).status_code for person in (helper, staff, operator)] == [403, 403, 200]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"{THUMBNAILS}?sizes=4000", "sizes"),
        (f"{THUMBNAILS}?sizes=300&sizes=x", "sizes"),
        (f"{THUMBNAILS}?object_key=people/a.png", "object_key"),
        (f"{THUMBNAILS}?object_key=listings/../people/a.png", "object_key"),
        (f"{ORPHANS}?prefix=people/", "prefix"),
        (f"{ORPHANS}?prefix=/", "prefix"),
        (f"{ORPHANS}?prefix=listings", "prefix"),
        (f"{ORPHANS}?prefix=listings/../", "prefix"),
    ],
)
def test_11_what_does_not_fit_is_a_422_and_nothing_is_asked_for(
    signed_in: Callable[..., APIClient], administrator: User, url: str, name: str
) -> None:
    reply = signed_in(administrator).post(url)

    assert reply.status_code == 422, reply.content
    assert reply.json()["detail"][0]["loc"][:2] == ["query", name]
    assert not MaintenanceRun.objects.exists()


def test_11_an_unknown_task_is_not_there(
    signed_in: Callable[..., APIClient],
    administrator: User,
    run: MaintenanceRun,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(administrator)

    assert client.get(f"/v1/maintenance/tasks/{uuid7()}").json()["detail"] == "Task not found"
    with django_assert_num_queries(2):  # who asks, and the task
        client.get(f"/v1/maintenance/tasks/{run.pk}")


def test_a_request_sent_again_with_its_key_asks_once(signed_in: Callable[..., APIClient], administrator: User) -> None:
    client = signed_in(administrator)

    first, again = (client.post(PRICES, headers={"Idempotency-Key": "k"}) for _ in range(2))

    assert first.json() == again.json()
    assert MaintenanceRun.objects.count() == 1
