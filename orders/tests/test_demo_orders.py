"""The demo's orders: in every state, by the real services, so that their books add up."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import Notification
from marketplace.common import outbox
from orders.demo.roads import ROADS
from orders.lifecycle import State
from orders.models import Order
from orders.services import health
from orders.services.auditing import auditing

pytestmark = pytest.mark.django_db
EVERY_WAY = len(ROADS)


@pytest.fixture(autouse=True)
def local_folder(settings: Settings, tmp_path: Path) -> None:
    settings.IS_LOCAL = True
    settings.MEDIA_ROOT = tmp_path


def seed_demo(**options: Any) -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out, **{"users": 6, "listings": 5, "photos": 0, **options})
    return out.getvalue().strip()


def told() -> list[Any]:
    facts = Order.objects.order_by("client_id")
    return list(facts.values_list("client_id", "listing_id", "buyer__username", "state", "total_cents", "quantity"))


def test_there_is_one_in_every_state_and_the_books_add_up() -> None:
    said = seed_demo(orders=EVERY_WAY)
    assert said.endswith(f"Added {EVERY_WAY} orders.")
    assert set(Order.objects.values_list("state", flat=True)) == set(State)
    done = auditing.run()
    assert (done.findings, done.orders) == ([], EVERY_WAY)
    assert health.pulse().troubles == []


def test_a_second_call_adds_nothing_and_a_larger_one_what_is_missing() -> None:
    seed_demo(orders=4)
    before = told()
    assert seed_demo(orders=4) == "Nothing to add: this campus is here already."
    assert told() == before
    assert seed_demo(orders=6) == "Added 2 orders."
    assert told()[:4] == before


def test_nobody_is_written_to() -> None:
    seed_demo(orders=EVERY_WAY)
    outbox.deliver_due(limit=1_000)
    assert not Notification.objects.filter(kind__startswith="order.").exists()


def test_without_being_asked_for_there_are_none() -> None:
    seed_demo()
    assert not Order.objects.exists()
