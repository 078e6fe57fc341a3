from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.sync.tests.copies import Copy
from orders.tests.conftest import (  # noqa: F401  (what is ordered is ordered as there)
    listing,
    make_listing,
    make_order,
    nobody_wakes_up,
    order,
    paid,
)

Phone = Callable[..., Copy]


@pytest.fixture
def phone(signed_in: Callable[..., APIClient]) -> Phone:
    """`phone(buyer)`: one that is up to date."""

    def make(person: User | None = None, **kwargs: object) -> Copy:
        client = APIClient() if person is None else signed_in(person)
        return Copy(client, **kwargs).pull()  # type: ignore[arg-type]

    return make
