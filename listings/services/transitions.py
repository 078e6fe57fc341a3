"""What an owner may make of a listing, as data: state -> the states it may take from there."""

from __future__ import annotations

from listings.models import Listing
from marketplace.common.errors import Conflict

State = Listing.State
MOVES: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.LIVE, State.ARCHIVED}),
    State.LIVE: frozenset({State.PAUSED, State.SOLD, State.ARCHIVED}),
    State.PAUSED: frozenset({State.LIVE, State.SOLD, State.ARCHIVED}),
    State.SOLD: frozenset({State.LIVE, State.ARCHIVED}),
    State.ARCHIVED: frozenset({State.PAUSED, State.LIVE}),
}


class NoSuchMove(Conflict):
    code = "no_such_move"
    detail = "A listing cannot go from this state to that one"


class NothingLeft(Conflict):
    code = "nothing_left"
    detail = "There is no piece left to offer; raise the quantity first"


def move(listing: Listing, target: str) -> None:
    """In memory: the caller holds the lock and saves."""
    if target == listing.state:
        return
    if target not in MOVES[listing.state]:
        raise NoSuchMove(extra={"from": listing.state, "to": target})
    if target == State.LIVE and listing.available == 0:
        raise NothingLeft
    listing.state = target


def state_for(*, is_active: bool, current: str | None = None) -> str:
    """The two-valued `is_active` of the campus apps in our words; what is not active now stays what it is."""
    if is_active:
        return State.LIVE
    if current is None:
        return State.DRAFT
    return State.PAUSED if current == State.LIVE else current
