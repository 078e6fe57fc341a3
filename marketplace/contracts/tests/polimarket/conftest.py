"""People who come through the doors of other families, and what they bring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from listings.tests.studio import jpeg
from marketplace.common import outbox

Form = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.S3_ENDPOINT, settings.MEDIA_ROOT = "", tmp_path
    settings.BASE_URL = "http://127.0.0.1:8000"  # as its README has it
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")


@pytest.fixture
def ana(make_person: Callable[..., User]) -> User:
    return make_person("ana", email="ana@espol.edu.ec", name="Ana Ruiz")


@pytest.fixture
def leo(make_person: Callable[..., User]) -> User:
    return make_person("leo", email="leo@espol.edu.ec", name="Leo")


@pytest.fixture
def courier(make_person: Callable[..., User]) -> User:
    return make_person("carla", name="Carla", is_delivery=True)


def picture(name: str = "lamp.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg(60, 40), content_type)


@pytest.fixture
def offer(signed_in: Callable[..., APIClient]) -> Callable[..., dict[str, Any]]:
    """`offer(leo, title="Lamp", price="8.5")`: through the door, as its page does."""

    def make(seller: User, **facts: Any) -> dict[str, Any]:
        form = {"title": "Desk lamp", "description": "Bright", "price": "8.50", "file": picture(), **facts}
        reply = signed_in(seller).post("/products", form, format="multipart")
        assert reply.status_code == 200, reply.content
        shown: dict[str, Any] = reply.json()
        return shown

    return make


def told() -> None:
    """Everybody has heard what happened."""
    while outbox.deliver_due(limit=1_000):
        pass
