"""Six mistakes that others have made with money, each switched on in the real services: the histories must find it.

They are what shows that the model can fail. Which guard catches one is written beside it: an invariant of `books.py`,
or the database itself, which refuses to commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from listings.services import catalogs
from marketplace.common.queue import Claim
from orders.lifecycle import Party, State, Status, Step
from orders.models import Operation, Order, OrderEvent
from orders.providers.base import Failed, Request, Result, Unknown
from orders.providers.registry import provider
from orders.services import answers, asking, deadlines, ending, operations, paying, settling
from orders.tests import roads
from orders.tests.market import Broken, Market

pytestmark = pytest.mark.django_db(transaction=True)

HOW = ("well", "dies after the call", "freezes after the call")
FAULTS = ("", "timeout_after", "timeout_before")


def caught() -> str:
    """Plays troubles in a fixed order until something is wrong; what it was. Without a mistake, nothing is."""
    catalogs.seed_base()
    for kind, how, fault, then in product(roads.UNTIL_ASKED, HOW, FAULTS, ("time", "", "cancel")):
        market = Market.opened()
        try:
            play(market, kind, how, fault, then)
        except (Broken, IntegrityError) as found:
            return str(found)
    return ""


def play(market: Market, kind: str, how: str, fault: str, then: str) -> None:
    roads.trouble(market, kind, how=how, fault=fault, then=then)
    market.check()
    for order_id in market.open_orders():
        market.step(Step.PAY, "buyer", order_id, dies=True)
        market.check()
    market.drain()
    market.check()


@pytest.mark.usefixtures("with_a_fee")
def test_a_new_key_for_each_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = operations.request_for

    def keyed_by_attempt(operation: Operation) -> Request:
        request = honest(operation)
        again = f"{request.key}:{operation.attempts}" if operation.attempts > 1 else request.key
        return Request(**{**request.__dict__, "key": again})

    monkeypatch.setattr(operations, "request_for", keyed_by_attempt)

    assert "I10 the provider did what is written down as not done" in caught()


@pytest.mark.usefixtures("with_a_fee")
def test_an_unknown_outcome_recorded_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = operations._write_down

    def pessimistic(claim: Claim, operation: Operation, answer: Result) -> None:
        honest(claim, operation, Failed("timeout") if isinstance(answer, Unknown) else answer)

    monkeypatch.setattr(operations, "_write_down", pessimistic)

    assert "I10 the provider did what is written down as not done" in caught()


@pytest.mark.usefixtures("with_a_fee")
def test_expired_by_ids_whatever_has_happened_since(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database refuses: an order may not end while an answer is due."""

    honest = deadlines._ring

    @transaction.atomic
    def expire_what_was_unpaid(order_id: UUID) -> None:
        order = Order.objects.get(pk=order_id)
        if order.state not in (State.CREATED, State.PAYING):
            return honest(order_id)
        end = {"state": State.EXPIRED, "status": Status.CANCELLED}
        Order.objects.filter(pk=order_id).update(version=F("version") + 1, **end)
        event(order, Step.EXPIRE_UNPAID, State.EXPIRED)
        settling.free_stock(order)
        return None

    monkeypatch.setattr(deadlines, "_ring", expire_what_was_unpaid)

    assert "still waits for an answer" in caught()


def event(order: Order, step: Step, to: State) -> None:
    known: dict[str, Any] = {"from_state": order.state, "from_status": order.status, "to_status": Status.CANCELLED}
    OrderEvent.objects.create(
        order=order, version=order.version + 1, step=step, to_state=to, party=Party.SYSTEM, **known
    )


@pytest.mark.usefixtures("with_a_fee")
def test_pieces_freed_before_the_provider_has_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = ending.call_off

    def hasty(order: Order, step: Step, **facts: Any) -> None:
        honest(order, step, **facts)
        settling.free_stock(order)

    monkeypatch.setattr(ending, "call_off", hasty)

    assert "I11 pieces given back while the provider has the money" in caught()


@pytest.mark.usefixtures("with_a_fee")
def test_an_effect_lost_because_the_request_was_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = operations._work

    def only_once(claim: Claim) -> int:
        return honest(claim) if claim.attempt == 1 else 0

    monkeypatch.setattr(operations, "_work", only_once)

    assert "I18 stuck" in caught()


@pytest.mark.usefixtures("with_a_fee")
def test_the_provider_asked_before_the_wish_is_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = asking.ask

    def rash(order: Order, kind: Operation.Kind, **facts: Any) -> Operation:
        wish = honest(order, kind, **facts)
        request = operations.request_for(wish)
        elsewhere(lambda: provider(wish.provider).execute(request, lambda _: None))
        return wish

    for module in (paying, settling, answers):
        monkeypatch.setattr(module, "ask", rash)

    assert "I10 the provider did what" in caught()  # is not written down, or as not asked for yet


def elsewhere(call: Callable[[], object]) -> None:
    """The provider has its own books: what is rolled back here is not rolled back there."""

    def run() -> None:
        call()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
