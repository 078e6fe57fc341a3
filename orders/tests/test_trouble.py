"""What goes wrong between us and the provider, case by case: none may leave an order that never ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from django.db.models.functions import Now

from listings.services import catalogs
from orders.lifecycle import TIMEOUTS, TRANSITIONS, Party, State, allowed
from orders.models import Operation, Order, OrderEvent, SimulatorRecord
from orders.services import operations
from orders.services.errors import NotYourStep, StepRefused
from orders.tests import roads
from orders.tests.market import Market, make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market(with_a_fee: None) -> Iterator[Market]:
    """Afterwards every order must come to an end, and the books be right."""
    catalogs.seed_base()
    market = Market.opened()
    yield market
    market.check()
    market.drain()
    market.check()


def test_called_off_while_the_provider_says_that_the_buyer_must_confirm(market: Market) -> None:
    """The answer comes after the wish: unless it is asked what is needed now, the hold waits for the buyer for ever."""
    roads.trouble(market, "authorize", how="freezes after the call", fault="action", then="cancel")

    assert Operation.objects.filter(order__in=market.orders, kind=Operation.Kind.VOID).exists()


@pytest.mark.parametrize("then", ["cancel", "complete", "time"])
def test_a_capture_that_takes_its_time_is_waited_for(market: Market, then: str) -> None:
    """Only a payment waits for the buyer; to void while a capture is on its way would cross it."""
    roads.trouble(market, "capture", how="well", fault="action", then=then)

    assert not Operation.objects.filter(order__in=market.orders, kind=Operation.Kind.VOID).exists()


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "error_after"])
def test_M2_an_answer_that_never_came_is_fetched(market: Market, fault: str) -> None:
    for kind in roads.UNTIL_ASKED:
        roads.trouble(market, kind, how="well", fault=fault, then="")


@pytest.mark.parametrize("how", ["freezes before the call", "freezes after the call"])
def test_F26_a_worker_that_wakes_with_an_old_lease_writes_nothing(market: Market, how: str) -> None:
    for kind in roads.UNTIL_ASKED:
        wake_late(market, kind, how)


def wake_late(market: Market, kind: str, how: str) -> None:
    order_id = asked(market, kind)
    market.work(order_id, how)
    Operation.objects.filter(order=order_id, kind=kind).update(due_at=Now())  # the lease has run out
    market.work(order_id)
    before = written(order_id)

    market.thaw()

    assert written(order_id) == before
    key = Operation.objects.get(order=order_id, kind=kind).key
    assert SimulatorRecord.objects.filter(key=key).count() == 1


def asked(market: Market, kind: str) -> UUID:
    """An order of which a request of this kind is due."""
    order_id = market.place(0, 0, 1)
    assert order_id is not None
    for act in roads.UNTIL_ASKED[kind]:
        roads.do(market, act, order_id)
    return order_id


def written(order_id: UUID) -> list[Any]:
    tables = (Order.objects.filter(pk=order_id), *(m.objects.filter(order=order_id) for m in (Operation, OrderEvent)))
    return [list(rows.order_by("pk").values()) for rows in tables]


def test_F22_a_poisoned_request_does_not_stop_the_others(market: Market) -> None:
    poisoned, other = asked(market, "authorize"), asked(market, "authorize")
    Operation.objects.filter(order=poisoned).update(provider="nobody", due_at=F("due_at") - timedelta(minutes=1))

    assert operations.work_off_due() == 2

    assert Order.objects.get(pk=other).state == "funded"
    stuck = Operation.objects.get(order=poisoned)
    assert stuck.state == Operation.State.UNKNOWN
    Operation.objects.filter(pk=stuck.pk).update(provider="simulator")


def test_T20_every_step_that_is_not_in_the_table_is_refused_and_changes_nothing(market: Market) -> None:
    """The other party's is a 403, one's own at the wrong time a 409."""
    steps = [step for step, each in TRANSITIONS.items() if step not in roads.ANSWERS]
    for state in (*TIMEOUTS, State.SETTLING):
        order_id = roads.arrive(market, state)
        before = written(order_id)
        for step, party in product(steps, (Party.BUYER, Party.SELLER, Party.OPERATOR)):
            if step not in allowed(state, party):
                refusal = StepRefused if TRANSITIONS[step].may(party) else NotYourStep
                with pytest.raises(refusal):
                    make(step, market.person(party, order_id), order_id)
        assert written(order_id) == before
