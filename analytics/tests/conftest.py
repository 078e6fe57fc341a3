"""A market whose numbers are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from listings.tests.conftest import catalog, make_listing  # noqa: F401  (fixtures)
from orders.tests.conftest import nobody_wakes_up  # noqa: F401  (a fixture)


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """`elsewhere(fold)`: done over a connection of its own, and its result."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda work: thread.submit(work).result()
        thread.submit(connections.close_all).result()
