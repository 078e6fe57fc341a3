"""A market whose numbers are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from analytics.services import answering
from listings.models import Listing
from listings.tests.conftest import catalog, make_listing  # noqa: F401  (fixtures)
from orders.tests.conftest import nobody_wakes_up  # noqa: F401  (a fixture)


@pytest.fixture(autouse=True)
def nobody_is_remembered() -> Iterator[None]:
    answering.forget()
    yield
    answering.forget()


@pytest.fixture
def listing(make_listing: Callable[..., Listing]) -> Listing:  # noqa: F811
    return make_listing()
