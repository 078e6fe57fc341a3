"""The table itself: nothing waits for a person for ever, an end is the end, and every state has its words."""

from __future__ import annotations

import pytest

from orders.lifecycle import (
    STATUS,
    TERMINAL,
    TIMEOUTS,
    TRANSITIONS,
    Party,
    State,
    Status,
    Step,
    allowed,
    escrow_status,
    status_in,
)


def led_to_by_the_system(state: State) -> set[State]:
    steps = [each for each in TRANSITIONS.values() if state in each.sources and Party.SYSTEM in each.parties]
    return {target for each in steps for target in ([each.target] if each.target else TERMINAL)}


@pytest.mark.parametrize("state", sorted(set(State) - TERMINAL))
def test_I19_every_state_reaches_an_end_without_any_person(state: State) -> None:
    seen, todo = {state}, [state]
    while todo:
        new = led_to_by_the_system(todo.pop()) - seen
        seen |= new
        todo += new

    assert seen & TERMINAL


@pytest.mark.parametrize("state", sorted(TERMINAL))
@pytest.mark.parametrize("party", Party)
def test_I13_an_end_is_the_end(state: State, party: Party) -> None:
    assert allowed(state, party) == []


def test_every_state_that_can_wait_has_a_timeout_of_the_system() -> None:
    assert set(TIMEOUTS) == set(State) - TERMINAL - {State.SETTLING}  # settling is driven by its operations
    for state, step in TIMEOUTS.items():
        assert TRANSITIONS[step].may(Party.SYSTEM)
        assert state in TRANSITIONS[step].sources


def test_every_step_but_the_first_is_in_the_table_and_what_settles_says_how_much() -> None:
    assert set(TRANSITIONS) == set(Step) - {Step.CREATE}
    for step, each in TRANSITIONS.items():
        assert (each.target == State.SETTLING) == (each.releases is not None), step


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_words_on_the_wire(state: State) -> None:
    for before in Status:
        status = status_in(state, before=before)
        assert status in Status
        assert escrow_status(state, status)
    assert state in STATUS or state in {State.DISPUTED, State.SETTLING}  # these show what they showed before
