"""F16: any two things that the parties may do to an order, done at once, end as one after the other would.

How that is, is asked of the doors themselves: each pair is done both ways round. A race must end where one of them did,
by one step out of the state that both began in; and where they exclude each other, exactly one wins and the other is
told 409.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from orders.lifecycle import Party
from orders.models import Dispute, Order
from orders.services import accepting, handing_over, operations, paying
from orders.services.disputes import opening
from orders.tests import books
from orders.tests.market import EDGES, ask
from orders.tests.money import hurry
from orders.tests.racing import at_once, crossing, posting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_limits")]
ROUNDS = int(os.environ.get("MONEY_PAIRS", "1"))  # of each pair; `faults/histories.py` plays 100

Outcome = tuple[int, int, str]  # two answers, and where the order stands when all is settled


@dataclass(frozen=True)
class Deed:
    """What somebody asks for, and by which door."""

    name: str
    by: str
    path: str

    def ready(self, people: dict[str, User], order: Order) -> Callable[[], tuple[int, Any]]:
        dispute = Dispute.objects.filter(order=order).values_list("pk", flat=True).first()
        body = {"order_id": str(order.pk), "raised_by": self.by, "reason": "it never came"}
        named = body if "{" not in self.path else {}
        return posting(people[self.by], self.path.format(order=order.pk, dispute=dispute), named)


PAY = Deed("pay", "buyer", "/v1/orders/{order}/pay")
CAPTURE = Deed("capture", "buyer", "/v1/payments/capture")
REFUND = Deed("refund", "seller", "/v1/payments/refund")
ACCEPT = Deed("accept", "seller", "/v1/orders/{order}/accept")
SHIP = Deed("ship", "seller", "/v1/orders/{order}/ship")
COMPLETE = Deed("complete", "buyer", "/v1/orders/{order}/complete")
BUYER_CANCELS = Deed("buyer cancels", "buyer", "/v1/orders/{order}/cancel")
SELLER_CANCELS = Deed("seller cancels", "seller", "/v1/orders/{order}/cancel")
BUYER_DISPUTES = Deed("buyer disputes", "buyer", "/v1/disputes")
SELLER_DISPUTES = Deed("seller disputes", "seller", "/v1/disputes")
BUYER_RELEASES = Deed("buyer releases", "buyer", "/v1/disputes/{dispute}/release")
SELLER_GIVES_BACK = Deed("seller gives back", "seller", "/v1/disputes/{dispute}/refund")

CANCELS, DISPUTES = (BUYER_CANCELS, SELLER_CANCELS), (BUYER_DISPUTES, SELLER_DISPUTES)
DEEDS: dict[str, tuple[Deed, ...]] = {
    "created": (PAY, *CANCELS),
    "paying": (PAY, CAPTURE, *CANCELS),
    "funded": (CAPTURE, ACCEPT, SHIP, COMPLETE, REFUND, *CANCELS, BUYER_DISPUTES),
    "accepted": (CAPTURE, SHIP, COMPLETE, REFUND, *CANCELS, BUYER_DISPUTES),
    "handed_over": (CAPTURE, COMPLETE, REFUND, *DISPUTES),
    "disputed": (CAPTURE, COMPLETE, BUYER_RELEASES, SELLER_GIVES_BACK, BUYER_CANCELS),
}
EXCLUDING = {
    "funded",
    "accepted",
    "handed_over",
    "disputed",
}  # an order that is paid for is cancelled after paying, too


@pytest.fixture
def people(buyer: User, seller: User) -> dict[str, User]:
    return {"buyer": buyer, "seller": seller}


@pytest.fixture
def order_in(people: dict[str, User], make_order: Callable[..., Order], settings: Settings) -> Callable[[str], Order]:
    settings.ORDER_MOST_UNPAID = 0
    buyer, seller = people["buyer"], people["seller"]

    def made(state: str) -> Order:
        order = make_order()
        further: list[Callable[[], object]] = [
            lambda: paying.pay(buyer, order.pk),
            lambda: operations.drive(order.pk),
            lambda: accepting.accept(seller, order.pk),
            lambda: handing_over.ship(seller, order.pk),
            lambda: opening.open_dispute(buyer, order.pk, raised_by=Party.BUYER, reason="it never came"),
        ]
        for step in further:
            if order.state == state:
                break
            step()
            order.refresh_from_db()
        assert order.state == state
        return order

    return made


def outcome(order: Order, answers: list[tuple[int, Any]]) -> Outcome:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    hurry(order)
    operations.drive(order.pk, seconds=10)
    order.refresh_from_db()
    return answers[0][0], answers[1][0], order.state


@dataclass
class Pair:
    state: str
    first: Deed
    second: Deed
    order_in: Callable[[str], Order]
    people: dict[str, User]

    def one_after_the_other(self) -> set[Outcome]:
        """What may become of the two, in this order and in the other."""
        found = set()
        for is_turned in (False, True):
            order = self.order_in(self.state)
            calls = self._ready(order)
            turn = [1, 0] if is_turned else [0, 1]
            answers = {n: calls[n]() for n in turn}
            found.add(outcome(order, [answers[0], answers[1]]))
        return found

    def at_once(self) -> tuple[Outcome, int]:
        """And by how many steps it left the state that both began in."""
        order = self.order_in(self.state)
        came = outcome(order, at_once(self._ready(order)))
        return came, order.events.filter(from_state=self.state).exclude(to_state=self.state).count()

    def _ready(self, order: Order) -> list[Callable[[], tuple[int, Any]]]:
        return [deed.ready(self.people, order) for deed in (self.first, self.second)]


def winners(came: Outcome) -> int:
    return sum(200 <= code < 300 for code in came[:2])


def faults(came: Outcome, steps: int, may_be: set[Outcome]) -> list[str]:
    found = []
    if not all(code == 409 or 200 <= code < 300 for code in came[:2]):
        found.append("an answer that is none")
    if came[2] not in {each[2] for each in may_be}:
        found.append("another end")
    if steps > 1:
        found.append("two steps out of one state")
    if {winners(each) for each in may_be} == {1} and winners(came) != 1:
        found.append("not exactly one has won")
    return found


@pytest.mark.timeout(6_000)
@pytest.mark.parametrize("state", DEEDS)
def test_F16_two_at_once_end_as_one_after_the_other_would(
    state: str, order_in: Callable[[str], Order], people: dict[str, User]
) -> None:
    excluded, ends, wrong = 0, set(), list[Any]()
    for first, second in combinations_with_replacement(DEEDS[state], 2):
        pair = Pair(state, first, second, order_in, people)
        may_be = pair.one_after_the_other()
        for _ in range(ROUNDS):
            came, steps = pair.at_once()
            wrong += [(first.name, second.name, what, came, may_be) for what in faults(came, steps, may_be)]
        excluded += {winners(each) for each in may_be} == {1}
        ends |= {each[2] for each in may_be}

    assert wrong == []
    assert books.faults_in(ask, edges=EDGES) == []
    assert bool(excluded) == (state in EXCLUDING)
    assert len(ends) > 1, "it matters who was first"


def test_negative_control_without_locks_a_pair_ends_otherwise(
    order_in: Callable[[str], Order], people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = Pair("handed_over", COMPLETE, BUYER_DISPUTES, order_in, people)
    may_be = pair.one_after_the_other()
    order = pair.order_in("handed_over")
    calls = pair._ready(order)
    barrier = crossing(monkeypatch)

    came = at_once(calls)

    assert not barrier.broken
    codes = [answer[0] if isinstance(answer, tuple) else 500 for answer in came]
    assert faults((codes[0], codes[1], order.state), 1, may_be) != []
