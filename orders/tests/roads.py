"""Straight ways to where it gets interesting: to every step of the table, and to every request to the provider."""

from __future__ import annotations

from uuid import UUID

from orders.lifecycle import TRANSITIONS, Party, State, Step, allowed
from orders.models import Order
from orders.tests.market import Market

Cell = tuple[State, Step, Party]

WALK: list[tuple[State, str, str]] = [
    (State.PAYING, "pay", "buyer"),
    (State.FUNDED, "", ""),
    (State.ACCEPTED, "accept", "seller"),
    (State.HANDED_OVER, "ship", "seller"),
]
ANSWERS = frozenset({Step.AUTH_OK, Step.AUTH_FAILED, Step.SETTLED})  # what only a provider's word can bring about
CELLS: list[Cell] = sorted(
    (state, step, party)
    for step, each in TRANSITIONS.items()
    for state in each.sources
    for party in each.parties
    if step not in ANSWERS and (step, party) != (Step.ACCEPT, Party.SYSTEM)
)

# What leads to a request of each kind being due
UNTIL_ASKED = {
    "authorize": ["pay"],
    "void": ["pay", "work", "cancel"],
    "capture": ["pay", "work", "capture"],
    "refund": ["pay", "work", "capture", "work", "cancel"],
    "transfer": ["pay", "work", "complete", "work"],
}
THEN = ["", "cancel", "complete", "capture", "time", "thaw"]


def take(market: Market, cell: Cell, *, stall: int = 0, percent: int = 50) -> bool:
    """A new order, brought to the state, and one step of a party there."""
    state, step, party = cell
    order_id = _placed(market, state, stall)
    if order_id is None or not _walk(market, state, order_id):
        return False
    if party != Party.SYSTEM:
        assert market.step(step, party.value, order_id, percent=percent)
    elif step == Step.HOLD_LOST:
        market.wish("capture", "buyer", order_id)
        market.work(order_id, fault="lapsed")
    else:
        market.ring(order_id, "timeout")
    return True


def arrive(market: Market, state: State) -> UUID:
    """A new order in the state; one that settles has its payment to void yet."""
    order_id = _placed(market, state, 1)
    assert order_id is not None
    assert _walk(market, State.FUNDED if state == State.SETTLING else state, order_id)
    if state == State.SETTLING:
        market.wish("cancel", "buyer", order_id)
    return order_id


def _placed(market: Market, state: State, stall: int) -> UUID | None:
    return market.place_at_the_door(0, stall) if state == State.ARRANGED else market.place(0, stall, 1)


def _walk(market: Market, state: State, order_id: UUID) -> bool:
    for target, intent, part in WALK:
        now = _state(order_id)
        if now == state:
            return True
        if state == State.DISPUTED and target == State.HANDED_OVER and Step.DISPUTE in allowed(now, Party.SELLER):
            return market.step(Step.DISPUTE, "seller", order_id)
        if intent:
            market.wish(intent, part, order_id)
        else:
            market.work(order_id)
    return _state(order_id) == state


def trouble(market: Market, kind: str, *, how: str, fault: str, then: str) -> None:
    """The request goes wrong, and before anybody knows, the next thing happens."""
    order_id = market.place(0, 0, 1)
    if order_id is None:
        return
    for act in UNTIL_ASKED[kind]:
        do(market, act, order_id)
    market.work(order_id, how, fault)
    do(market, then, order_id)
    market.thaw()


def do(market: Market, act: str, order_id: UUID) -> None:
    match act:
        case "":
            pass
        case "work":
            market.work(order_id)
        case "time":
            market.ring(order_id, "timeout")
        case "thaw":
            market.thaw()
        case _:
            market.wish(act, "buyer", order_id)


def _state(order_id: UUID) -> str:
    return str(Order.objects.values_list("state", flat=True).get(pk=order_id))
