"""What may happen in a market, in any order: for Hypothesis to play."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orders.lifecycle import TRANSITIONS, Party, State, Step
from orders.models import Order
from orders.tests import roads
from orders.tests.market import INTENTS, PRICES, Market

MOST_OPEN = 3  # few orders that come far show more than many that do not
WHICH = st.integers(0, 99)
PARTS = st.sampled_from(["buyer", "seller", "operator", "stranger"])
HOW = st.sampled_from(
    ["well"] * 4 + ["dies before the call", "dies after the call", "freezes before the call", "freezes after the call"]
)
FAULTS = st.sampled_from(
    [""] * 5 + ["decline", "timeout_before", "timeout_after", "error_after", "action", "lapsed", "refused"]
)
HUMAN_STEPS = st.sampled_from(sorted(step for step, each in TRANSITIONS.items() if each.parties - {Party.SYSTEM}))
# Each step as often as any other, from however many states it may be made
CELL = st.sampled_from(sorted({cell[1] for cell in roads.CELLS})).flatmap(
    lambda step: st.sampled_from([cell for cell in roads.CELLS if cell[1] == step])
)
PERCENT = st.sampled_from([0, 1, 33, 50, 99, 100])
ONWARD = {
    State.CREATED: [("pay", "buyer")],
    State.FUNDED: [("accept", "seller"), ("ship", "seller")],
    State.ACCEPTED: [("ship", "seller"), ("complete", "buyer")],
    State.HANDED_OVER: [("complete", "buyer"), ("refund", "seller")],
}


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.market = Market.opened()

    def one(self, which: int) -> UUID:
        return self.market.orders[which % len(self.market.orders)]

    def open_one(self, which: int) -> UUID:
        still_open = self.market.open_orders()
        return still_open[which % len(still_open)] if still_open else self.one(which)

    def has_orders(self) -> bool:
        return bool(self.market.orders)

    @precondition(lambda self: len(self.market.open_orders()) < MOST_OPEN)
    @rule(buyer=st.integers(0, 1), stall=st.integers(0, len(PRICES) - 1), pieces=st.integers(1, 3))
    def place(self, buyer: int, stall: int, pieces: int) -> None:
        self.market.place(buyer, stall, pieces)

    @precondition(lambda self: len(self.market.open_orders()) < MOST_OPEN)
    @rule(stall=st.integers(0, len(PRICES) - 1), cell=CELL, percent=PERCENT)
    def one_goes_all_the_way_to_a_step(self, stall: int, cell: roads.Cell, percent: int) -> None:
        """Without this, hardly any history comes far, and mistakes that lie deep are never met."""
        roads.take(self.market, cell, stall=stall, percent=percent)

    @precondition(lambda self: len(self.market.open_orders()) < MOST_OPEN)
    @rule(stall=st.integers(0, len(PRICES) - 1), step=st.sampled_from([Step.DELIVER, Step.GIVE_UP]))
    def a_courier_comes_to_the_door(self, stall: int, step: Step) -> None:
        order_id = self.market.place_at_the_door(0, stall)
        if order_id is not None:
            assert self.market.step(step, "courier", order_id)

    @precondition(lambda self: len(self.market.open_orders()) < MOST_OPEN)
    @rule(kind=st.sampled_from(sorted(roads.UNTIL_ASKED)), how=HOW, fault=FAULTS, then=st.sampled_from(roads.THEN))
    def the_provider_is_asked_and_it_goes_wrong(self, kind: str, how: str, fault: str, then: str) -> None:
        roads.trouble(self.market, kind, how=how, fault=fault, then=then)

    @precondition(has_orders)
    @rule(which=WHICH, intent=st.sampled_from(sorted(INTENTS)), part=PARTS)
    def somebody_wishes(self, which: int, intent: str, part: str) -> None:
        self.market.wish(intent, part, self.one(which))

    @precondition(has_orders)
    @rule(which=WHICH, step=HUMAN_STEPS, part=PARTS, percent=PERCENT, dies=st.booleans())
    def somebody_tries_a_step(self, which: int, step: Step, part: str, percent: int, dies: bool) -> None:
        self.market.step(step, part, self.one(which), percent=percent, dies=dies)

    @precondition(has_orders)
    @rule(which=WHICH, choice=WHICH, percent=PERCENT)
    def somebody_makes_an_allowed_step(self, which: int, choice: int, percent: int) -> None:
        self.somebody_steps(self.open_one(which), choice, percent)

    def somebody_steps(self, order_id: UUID, choice: int, percent: int) -> None:
        order = Order.objects.get(pk=order_id)
        can = [(step, part.value) for part in Party if part != Party.SYSTEM for step in order.steps_for(part)]
        if can:
            step, part = sorted(can)[choice % len(can)]
            assert self.market.step(step, part, order.pk, percent=percent)

    @precondition(has_orders)
    @rule(which=WHICH, rounds=st.integers(1, 4), choice=st.integers(0, 1), how=HOW, fault=FAULTS)
    def it_goes_forward(self, which: int, rounds: int, choice: int, how: str, fault: str) -> None:
        order_id = self.open_one(which)
        for _ in range(rounds):
            moves = ONWARD.get(State(Order.objects.get(pk=order_id).state))
            if moves:
                self.market.wish(*moves[choice % len(moves)], order_id)
            self.market.work(order_id, how, fault)
            self.market.work(order_id)

    @precondition(has_orders)
    @rule(which=WHICH, choice=WHICH, percent=PERCENT, is_decided=st.booleans())
    def it_is_disputed(self, which: int, choice: int, percent: int, is_decided: bool) -> None:
        order = Order.objects.get(pk=self.open_one(which))
        if Step.DISPUTE in order.steps_for(Party.BUYER):
            self.market.step(Step.DISPUTE, "buyer", order.pk)
        if is_decided:
            self.somebody_steps(order.pk, choice, percent)

    @precondition(has_orders)
    @rule(which=WHICH, how=HOW, fault=FAULTS)
    def a_worker_works(self, which: int, how: str, fault: str) -> None:
        self.market.work(self.open_one(which), how, fault)

    @precondition(has_orders)
    @rule(which=WHICH, how=HOW, fault=FAULTS)
    def it_is_taken_into_escrow(self, which: int, how: str, fault: str) -> None:
        self.market.wish("capture", "buyer", self.open_one(which))
        self.market.work(self.open_one(which), how, fault)

    @precondition(lambda self: self.market.late)
    @rule()
    def the_frozen_thaw(self) -> None:
        self.market.thaw()

    @precondition(has_orders)
    @rule(which=WHICH, succeeds=st.booleans())
    def the_buyer_answers_the_provider(self, which: int, succeeds: bool) -> None:
        self.market.confirm_payment(self.open_one(which), succeeds=succeeds)

    @precondition(has_orders)
    @rule(which=WHICH, kind=st.sampled_from(["timeout", "secure"]))
    def time_passes(self, which: int, kind: str) -> None:
        self.market.ring(self.open_one(which), kind)

    @invariant()
    def the_books_are_right(self) -> None:
        self.market.check()

    def teardown(self) -> None:
        self.market.drain()
        self.market.check()
