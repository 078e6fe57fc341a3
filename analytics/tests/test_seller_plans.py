"""What sellers ask is found by indexes, however much else there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from analytics.querysets import looks, talks

pytestmark = pytest.mark.django_db


def plan_of(statement: str, seller: User) -> str:
    """As of large tables: of small ones everything is read."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        window = {"seller": seller.pk, "start": now - timedelta(days=30), "end": now}
        cursor.execute(f"EXPLAIN {statement}", window)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_looks_are_found_by_the_listing(seller: User) -> None:
    plan = plan_of(looks.LOOKS, seller)
    assert "_listing_id_occurred_at_user_id_idx" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("statement", [talks.ANSWERING_OF_ALL, talks.ANSWERING_OF_ONE, talks.ANSWERING_BY_DAY])
def test_of_a_conversation_two_messages_are_read_by_their_places(statement: str, seller: User) -> None:
    plan = plan_of(statement, seller)
    assert plan.count("message_place") == 2
    assert "Seq Scan" not in plan
