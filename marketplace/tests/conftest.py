from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from marketplace.tests.live import running_server


@pytest.fixture
def site(transactional_db: None) -> Iterator[httpx.Client]:
    """A client of the real server; nothing is mocked between it and PostgreSQL."""
    with running_server() as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client
