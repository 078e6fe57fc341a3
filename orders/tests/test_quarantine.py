"""An order whose books differ stands still, and holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from orders.lifecycle import Party, Step
from orders.models import Deadline, Operation, Order, SimulatorRecord
from orders.services import answers, deadlines, ending, handing_over, health, operating, operations, paying
from orders.services.errors import UnderReview
from orders.services.moving import By, lock, move
from orders.tests.tampering import tamper

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


# ── The clock of its parties ─────────────────────────────────────────────────────────────────────


@pytest.fixture
def handed_over(buyer: User, seller: User, paid: Order) -> Order:
    paying.capture(buyer, paid.pk)
    handing_over.ship(seller, paid.pk)
    paid.refresh_from_db()
    return paid


def time_passes(order: Order, hours: int) -> None:
    """All that is written down of when is so many hours longer ago; what has happened by itself meanwhile has."""
    ago = timedelta(hours=hours)
    tamper(f"UPDATE orders_orderevent SET at = at - interval '{hours} hours'")
    Deadline.objects.filter(order=order).update(due_at=F("due_at") - ago)
    Order.objects.filter(pk=order.pk).update(quarantined_at=F("quarantined_at") - ago)
    deadlines.ring_due()
    order.refresh_from_db()


def left(order: Order) -> float:
    """Hours until the clock decides."""
    due: datetime = order.deadlines.get(kind=deadlines.TIMEOUT).due_at
    return round((due - timezone.now()).total_seconds() / 3600, 1)


def test_nobody_loses_the_time_in_which_they_could_not_act(buyer: User, moderator: User, handed_over: Order) -> None:
    before = left(handed_over)
    time_passes(handed_over, 20)
    answers.quarantine(handed_over, "books differ")
    time_passes(handed_over, 50)
    with pytest.raises(UnderReview):
        ending.complete(buyer, handed_over.pk)
    assert health.pulse().late_deadlines == 0

    operating.lift_quarantine(moderator, handed_over.pk, reason="it was nothing")
    deadlines.ring_due()

    handed_over.refresh_from_db()
    assert (handed_over.state, left(handed_over)) == ("handed_over", round(before - 20, 1))


def test_stopped_once_more_it_stands_still_since_the_first_time(moderator: User, handed_over: Order) -> None:
    before = left(handed_over)
    answers.quarantine(handed_over, "books differ")
    time_passes(handed_over, 30)
    answers.quarantine(handed_over, "and so does the provider")
    time_passes(handed_over, 30)

    operating.lift_quarantine(moderator, handed_over.pk, reason="it was nothing")

    assert left(handed_over) == before


def test_a_state_that_began_while_it_was_stopped_has_its_own_time_and_no_more(
    seller: User, moderator: User, paid: Order
) -> None:
    move(lock(paid.pk), Step.ACCEPT, by=By(Party.SELLER, seller))
    paid.refresh_from_db()
    answers.quarantine(paid, "books differ")
    time_passes(paid, 30)
    operating.witness_hand_over(moderator, paid.pk, reason="I stood beside them")
    whole = left(paid)
    time_passes(paid, 5)

    operating.lift_quarantine(moderator, paid.pk, reason="it was nothing")

    assert left(paid) == whole


def test_what_secures_a_hold_is_put_off_by_no_quarantine(moderator: User, paid: Order) -> None:
    before = paid.deadlines.get(kind=answers.SECURE).due_at
    answers.quarantine(paid, "books differ")
    Order.objects.update(quarantined_at=F("quarantined_at") - timedelta(hours=30))
    operating.lift_quarantine(moderator, paid.pk, reason="it was nothing")
    assert paid.deadlines.get(kind=answers.SECURE).due_at == before


def test_while_it_stands_still_only_what_secures_a_hold_is_looked_at_again(paid: Order) -> None:
    answers.quarantine(paid, "books differ")
    make_everything_due(paid)
    before = paid.deadlines.get(kind=deadlines.TIMEOUT).due_at

    assert deadlines.ring_due() == 1

    assert paid.deadlines.get(kind=deadlines.TIMEOUT).due_at == before
    assert paid.deadlines.get(kind=answers.SECURE).due_at > timezone.now()
