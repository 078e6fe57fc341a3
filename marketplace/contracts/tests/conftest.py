"""Clients of other families, and rooms for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Room
from chat.services import groups
from chat.tests.conftest import desk, local_desk, make_group, make_listing  # noqa: F401  (fixtures)
from listings.tests.studio import local_files, local_studio, studio  # noqa: F401  (fixtures)
from marketplace.contracts.tests.clients import bearer
from marketplace.contracts.tests.scene import scene  # noqa: F401  (a fixture)
from marketplace.tests.test_storage_s3 import s3_server  # noqa: F401  (a fixture)


@pytest.fixture
def general(make_person: Callable[..., User]) -> Room:
    """A public room whose owner is nobody of the others."""
    return groups.create(make_person("admin"), name="General")


@pytest.fixture
def secret(buyer: User) -> Room:
    """The buyer's, by invitation only."""
    return groups.create(buyer, name="Secret", is_private=True)


@pytest.fixture
def angular(anonymous: APIClient) -> Callable[..., APIClient]:
    """A client with a token of IzpoChat's own door."""
    return lambda person: signed_in_at("/api/users/login", person)


@pytest.fixture
def swift() -> Callable[..., APIClient]:
    return lambda person: signed_in_at("/api/auth/login", person)


def signed_in_at(door: str, person: Any) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {bearer(person, door)}")
    return client
