"""An order whose books differ stands still, and holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts.models import User
from orders.models import Deadline, Operation, Order, SimulatorRecord
from orders.services import answers, deadlines, operations, paying

pytestmark = pytest.mark.django_db
READY = Operation.State.READY


def make_everything_due(order: Order) -> None:
    Deadline.objects.filter(order=order).update(due_at=Now() - timedelta(seconds=1))
    Operation.objects.filter(order=order, due_at__isnull=False).update(due_at=Now() - timedelta(seconds=1))


def test_nothing_is_asked_of_the_provider_while_an_order_is_quarantined(buyer: User, order: Order) -> None:
    paying.pay(buyer, order.pk)
    answers.quarantine(order, "books differ")

    operations.drive(order.pk)

    operation = order.operations.get()
    assert (operation.state, operation.due_at is None) == (READY, False)
    assert not SimulatorRecord.objects.exists()
    assert not operations.is_anything_due()


def test_its_deadlines_wait_and_are_not_counted_as_failures(paid: Order) -> None:
    answers.quarantine(paid, "books differ")
    make_everything_due(paid)

    rung = deadlines.ring_due()

    paid.refresh_from_db()
    assert (rung > 0, paid.state) == (True, "funded")
    assert not deadlines.is_anything_due()
    assert set(paid.deadlines.values_list("attempts", flat=True)) == {0}


def test_a_deadline_that_has_failed_for_weeks_holds_up_no_other(
    make_order: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, well = make_order(), make_order()
    Deadline.objects.filter(order=broken).update(kind="unheard_of", attempts=deadlines.MOST_ATTEMPTS)
    make_everything_due(broken)
    make_everything_due(well)

    deadlines.ring_due()

    well.refresh_from_db()
    assert well.state == "expired"
    assert broken.deadlines.get().attempts == deadlines.MOST_ATTEMPTS
