"""The simulated provider as a process of its own: killed, and started again, it still knows what it did."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from orders.models import InboxEvent, SimulatorRecord
from orders.providers.base import NotSeen, Request, Succeeded, Unknown
from orders.providers.simulator import notices
from orders.providers.simulator.provider import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.contextmanager
def simulator_process() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    url, _, _ = os.environ["DATABASE_URL"].partition("?")
    query = os.environ["DATABASE_URL"].partition("?")[2]
    ours = f"{url.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    environment = {**os.environ, "DATABASE_URL": f"{ours}?{query}" if query else ours, "LOG_FILES": "false"}
    argv = [sys.executable, "manage.py", "simulator", "--port", "0"]
    process = subprocess.Popen(argv, cwd=django_settings.BASE_DIR, env=environment, text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


def wanted() -> Request:
    order_id = str(uuid4())
    return Request(f"o{order_id}:authorize:1", str(uuid4()), order_id, "authorize", 500, "COP", "b", "s")


def test_killed_and_started_again_it_still_knows(settings: Settings) -> None:
    provider, done, lost = Simulator(), wanted(), wanted()
    with simulator_process() as (address, process):
        settings.SIMULATOR_URL = address
        first = provider.execute(done, lambda reference: None)
        assert isinstance(first, Succeeded)
        process.kill()
        process.wait(timeout=20)
        assert isinstance(provider.execute(lost, lambda reference: None), Unknown)
        assert isinstance(provider.fetch(done), Unknown)

    with simulator_process() as (address, _):
        settings.SIMULATOR_URL = address
        assert provider.fetch(done) == first
        assert provider.fetch(lost) == NotSeen()
        assert isinstance(provider.execute(lost, lambda reference: None), Succeeded)
    assert SimulatorRecord.objects.count() == 2


def test_its_notifications_reach_our_door(settings: Settings, live_server: LiveServer) -> None:
    assert isinstance(Simulator().execute(wanted(), lambda reference: None), Succeeded)

    settings.SIMULATOR_WEBHOOK_URL = f"{live_server.url}/v1/webhooks/simulator"
    notices.send_due()

    assert InboxEvent.objects.get().kind == "authorize.succeeded"
    assert not notices.is_anything_due()
