"""A market whose numbers are asked for, and programs that tell of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import connections

from accounts.models import User
from accounts.tokens import pair_for
from analytics.services import answering
from conftest import session_of
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


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """`elsewhere(fold)`: done over a connection of its own, and its result."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda work: thread.submit(work).result()
        thread.submit(connections.close_all).result()


@pytest.fixture
def site(address: str, settings: Any) -> Iterator[httpx.Client]:
    """A client of the real server, without limits."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture
def bearer() -> Callable[[User], dict[str, str]]:
    return lambda person: {"Authorization": f"Bearer {pair_for(session_of(person)).access}"}


@pytest.fixture
def click() -> Callable[..., dict[str, Any]]:
    """`click(step="x")`: an event as the apps send it."""

    def make(**facts: Any) -> dict[str, Any]:
        return {"event_type": "ui.click", "session_id": str(uuid4()), "properties": {"button": "buy"}, **facts}

    return make
