"""Notifications of the simulated provider, as they come to our door."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from orders.models import Order, SimulatorWebhook
from orders.providers import signing
from orders.providers.simulator import notices

DOOR = "/v1/webhooks/simulator"
SECRET = "the simulator's secret"


@pytest.fixture(autouse=True)
def secret(settings: Settings) -> None:
    settings.SIMULATOR_WEBHOOK_SECRETS = [SECRET]


def tell(raw: bytes, *, signature: str | None = None, door: str = DOOR) -> int:
    header = signing.sign(raw, SECRET) if signature is None else signature
    reply = Client().post(door, raw, "application/json", headers={notices.HEADER: header})
    assert reply["Content-Type"] == "application/json"
    return reply.status_code


def told(order: Order) -> list[bytes]:
    """What the provider has to say about an order, in the order of what happened."""
    return [notices.payload(each) for each in SimulatorWebhook.objects.filter(order_id=str(order.pk)).order_by("pk")]


def event(**facts: str) -> bytes:
    known = {"event_id": "e1", "kind": "authorize.succeeded", "operation_id": str(uuid4()), "reference": "r", **facts}
    return json.dumps(known).encode()
