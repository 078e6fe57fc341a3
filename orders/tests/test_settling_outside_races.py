"""An operator settles an order outside while a worker is just taking its refund to the provider."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from accounts.models import User
from orders.models import Operation, Order
from orders.services import answers, ending, operations, paying
from orders.services.settling_outside import StillUnderWay, settle_outside
from orders.tests.racing import without_row_locks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refund(buyer: User, paid: Order, monkeypatch: pytest.MonkeyPatch) -> Operation:
    """Stopped, and asked for by nobody yet."""
    paying.capture(buyer, paid.pk)
    monkeypatch.setattr(operations, "drive", lambda order_id: None)
    ending.cancel(buyer, paid.pk)
    answers.quarantine(paid, "odd")
    operation: Operation = paid.operations.get(kind="refund")
    return operation


def settle_while_claimed(refund: Operation, moderator: User) -> object:
    """What the operator's wish came to: it began when the claim was made and not committed yet."""
    came: list[object] = []

    def settle() -> None:
        try:
            came.append(settle_outside(moderator, refund.order_id, reason="the bank's letter"))
        except Exception as error:
            came.append(error)
        finally:
            connection.close()

    operator = threading.Thread(target=settle)
    with transaction.atomic():
        assert operations.queue.claim_one_of("order_id", refund.order_id) is not None
        operator.start()
        _until_somebody_waits()
    operator.join(timeout=30)
    refund.refresh_from_db()
    return came[0]


def _until_somebody_waits() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waited for the claim")


def test_a_refund_that_is_on_its_way_is_not_settled_once_more(refund: Operation, moderator: User) -> None:
    came = settle_while_claimed(refund, moderator)

    assert isinstance(came, StillUnderWay)
    assert (refund.state, Order.objects.get().state) == ("sent", "settling")


def test_without_the_lock_it_would_be(refund: Operation, moderator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    without_row_locks(monkeypatch)

    settle_while_claimed(refund, moderator)

    assert (refund.state, Order.objects.get().state) == ("failed", "refunded")
