"""A server that is told to end writes down what it has noted first."""

from __future__ import annotations

import httpx
import pytest

from accounts.models import User
from accounts.tokens import pair_for
from analytics.models import Event
from conftest import session_of
from marketplace.tests.live import running_server


@pytest.mark.django_db(transaction=True)
def test_searches_noted_are_written_before_a_server_ends(buyer: User) -> None:
    headers = {"Authorization": f"Bearer {pair_for(session_of(buyer)).access}"}

    with running_server() as address:
        assert httpx.get(f"{address}/v1/listings?max_price=5", headers=headers).status_code == 200

    assert Event.objects.get(event_type="search.performed").user_id == buyer.pk
