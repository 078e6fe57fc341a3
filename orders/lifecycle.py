"""The life of an order, as data: what the API allows, the admin offers, the timers do and the tests walk.

An order's state says who must act; where the money is, is said by its payment operations alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices


class State(TextChoices):
    CREATED = "created", "Created"  # a piece is held, nothing is paid
    ARRANGED = "arranged", "Arranged"  # a courier brings it and is paid at the door; none of that money is ever ours
    PAYING = "paying", "Paying"  # the provider has been, or is being, asked
    FUNDED = "funded", "Paid"
    ACCEPTED = "accepted", "Accepted"
    HANDED_OVER = "handed_over", "Handed over"
    DISPUTED = "disputed", "Disputed"
    SETTLING = "settling", "Settling"  # it is decided who gets what; the money is moving
    COMPLETED = "completed", "Completed"
    REFUNDED = "refunded", "Refunded"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


TERMINAL = frozenset({State.COMPLETED, State.REFUNDED, State.CANCELLED, State.EXPIRED})


class Party(TextChoices):
    """In what part somebody acts on an order."""

    BUYER = "buyer", "Buyer"
    SELLER = "seller", "Seller"
    COURIER = "courier", "Courier"  # who holds its delivery
    OPERATOR = "operator", "Operator"
    SYSTEM = "system", "System"


class Release(StrEnum):
    """How much of what was paid the seller gets, once a step has decided it."""

    NOTHING = "nothing"
    ALL = "all"
    STATED = "stated"  # whoever makes the step says how much


class Step(StrEnum):
    CREATE = "create"
    PAY = "pay"
    AUTH_OK = "auth_ok"
    AUTH_FAILED = "auth_failed"
    CANCEL_UNPAID = "cancel_unpaid"
    EXPIRE_UNPAID = "expire_unpaid"
    DELIVER = "deliver"
    GIVE_UP = "give_up"
    ABANDON_PAYING = "abandon_paying"
    ACCEPT = "accept"
    DECLINE = "decline"
    BUYER_CANCEL = "buyer_cancel"
    ACCEPT_TIMEOUT = "accept_timeout"
    HAND_OVER = "hand_over"
    HANDOVER_TIMEOUT = "handover_timeout"
    CONFIRM = "confirm"
    SELLER_REFUND = "seller_refund"
    INSPECT_TIMEOUT = "inspect_timeout"
    HOLD_LOST = "hold_lost"
    DISPUTE = "dispute"
    D_BUYER_RELEASE = "d_buyer_release"
    D_SELLER_REFUND = "d_seller_refund"
    D_AGREE_SPLIT = "d_agree_split"
    D_RESOLVE = "d_resolve"
    D_TIMEOUT = "d_timeout"
    SETTLED = "settled"


class Note(StrEnum):
    """Steps that add to what is known of an order, and leave it where it is."""

    CLAIM = "claim"  # a courier takes the delivery on
    PROVE = "prove"
    BOOK = "book"  # an operator has the books say what the provider really did
    CHARGE_BACK = "charge_back"  # the buyer's bank took the money back before it was paid out


@dataclass(frozen=True)
class Transition:
    sources: frozenset[State]
    target: State | None  # None: how it ends follows from what was decided
    parties: frozenset[Party]
    releases: Release | None = None  # for what leads to SETTLING

    def may(self, party: Party) -> bool:
        return party in self.parties


_BUYER, _SELLER, _OPERATOR, _SYSTEM = Party.BUYER, Party.SELLER, Party.OPERATOR, Party.SYSTEM
_COURIER = Party.COURIER


def _from(*sources: State, to: State | None, by: set[Party], releases: Release | None = None) -> Transition:
    return Transition(frozenset(sources), to, frozenset(by), releases)


_S = State
TRANSITIONS: dict[Step, Transition] = {
    Step.PAY: _from(_S.CREATED, to=_S.PAYING, by={_BUYER}),
    Step.AUTH_OK: _from(_S.PAYING, to=_S.FUNDED, by={_SYSTEM}),
    Step.AUTH_FAILED: _from(_S.PAYING, to=_S.CREATED, by={_SYSTEM}),
    Step.CANCEL_UNPAID: _from(_S.CREATED, _S.ARRANGED, to=_S.CANCELLED, by={_BUYER, _SELLER, _OPERATOR}),
    Step.EXPIRE_UNPAID: _from(_S.CREATED, _S.ARRANGED, to=_S.EXPIRED, by={_SYSTEM}),
    # Straight to an end: no provider was ever asked, so there is nothing to settle with one
    Step.DELIVER: _from(_S.ARRANGED, to=_S.COMPLETED, by={_COURIER}),
    Step.GIVE_UP: _from(_S.ARRANGED, to=_S.CANCELLED, by={_COURIER}),
    Step.ABANDON_PAYING: _from(
        _S.PAYING, to=_S.SETTLING, by={_BUYER, _SELLER, _OPERATOR, _SYSTEM}, releases=Release.NOTHING
    ),
    Step.ACCEPT: _from(_S.FUNDED, to=_S.ACCEPTED, by={_SELLER, _SYSTEM}),
    Step.DECLINE: _from(_S.FUNDED, _S.ACCEPTED, to=_S.SETTLING, by={_SELLER, _OPERATOR}, releases=Release.NOTHING),
    Step.BUYER_CANCEL: _from(_S.FUNDED, to=_S.SETTLING, by={_BUYER, _OPERATOR}, releases=Release.NOTHING),
    Step.ACCEPT_TIMEOUT: _from(_S.FUNDED, to=_S.SETTLING, by={_SYSTEM}, releases=Release.NOTHING),
    Step.HAND_OVER: _from(_S.ACCEPTED, to=_S.HANDED_OVER, by={_SELLER, _OPERATOR}),
    Step.HANDOVER_TIMEOUT: _from(_S.ACCEPTED, to=_S.SETTLING, by={_SYSTEM}, releases=Release.NOTHING),
    # The buyer's word is hand-over and confirmation in one, so it also counts before the seller has said anything
    Step.CONFIRM: _from(_S.FUNDED, _S.ACCEPTED, _S.HANDED_OVER, to=_S.SETTLING, by={_BUYER}, releases=Release.ALL),
    Step.SELLER_REFUND: _from(_S.HANDED_OVER, to=_S.SETTLING, by={_SELLER, _OPERATOR}, releases=Release.NOTHING),
    Step.INSPECT_TIMEOUT: _from(_S.HANDED_OVER, to=_S.SETTLING, by={_SYSTEM}, releases=Release.ALL),
    # A hold that ran out, or was taken back, before it was used: there is nothing left to give to anybody
    Step.HOLD_LOST: _from(
        _S.FUNDED, _S.ACCEPTED, _S.HANDED_OVER, _S.DISPUTED, to=_S.SETTLING, by={_SYSTEM}, releases=Release.NOTHING
    ),
    Step.DISPUTE: _from(_S.FUNDED, _S.ACCEPTED, _S.HANDED_OVER, to=_S.DISPUTED, by={_BUYER, _SELLER, _OPERATOR}),
    Step.D_BUYER_RELEASE: _from(_S.DISPUTED, to=_S.SETTLING, by={_BUYER}, releases=Release.ALL),
    Step.D_SELLER_REFUND: _from(_S.DISPUTED, to=_S.SETTLING, by={_SELLER}, releases=Release.NOTHING),
    Step.D_AGREE_SPLIT: _from(_S.DISPUTED, to=_S.SETTLING, by={_BUYER, _SELLER}, releases=Release.STATED),
    Step.D_RESOLVE: _from(_S.DISPUTED, to=_S.SETTLING, by={_OPERATOR}, releases=Release.STATED),
    Step.D_TIMEOUT: _from(_S.DISPUTED, to=_S.SETTLING, by={_SYSTEM}, releases=Release.STATED),
    Step.SETTLED: _from(_S.SETTLING, to=None, by={_SYSTEM}),
}

# What happens to an order in which nobody acts
TIMEOUTS: dict[State, Step] = {
    State.CREATED: Step.EXPIRE_UNPAID,
    State.ARRANGED: Step.EXPIRE_UNPAID,
    State.PAYING: Step.ABANDON_PAYING,
    State.FUNDED: Step.ACCEPT_TIMEOUT,
    State.ACCEPTED: Step.HANDOVER_TIMEOUT,
    State.HANDED_OVER: Step.INSPECT_TIMEOUT,
    State.DISPUTED: Step.D_TIMEOUT,
}

# What the two can settle between themselves
AMICABLE = frozenset({Step.D_BUYER_RELEASE, Step.D_SELLER_REFUND, Step.D_AGREE_SPLIT})

BEGINNINGS = (State.CREATED, State.ARRANGED)

# The buyer's code may arrive late: a phone without a network keeps what it has scanned
NOTES: dict[Note, Transition] = {
    Note.CLAIM: _from(_S.ARRANGED, to=None, by={_COURIER}),
    Note.PROVE: _from(_S.HANDED_OVER, _S.DISPUTED, to=None, by={_SELLER}),
    Note.BOOK: _from(*(state for state in State if state not in TERMINAL), to=None, by={_OPERATOR}),
    Note.CHARGE_BACK: _from(*(state for state in State if state not in TERMINAL), to=None, by={_SYSTEM}),
}


def allowed(state: str, party: Party) -> list[Step]:
    return [step for step, each in TRANSITIONS.items() if state in each.sources and each.may(party)]


# ── What the campus apps see ─────────────────────────────────────────────────────────────────────


class Status(TextChoices):
    CREATED = "created", "Created"
    PAID = "paid", "Paid"
    SHIPPED = "shipped", "Shipped"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class EscrowStatus(TextChoices):
    INITIATED = "initiated"
    FUNDED = "funded"
    RELEASED = "released"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


# A disputed or settling order shows what it showed before
STATUS: dict[str, Status] = {
    State.CREATED: Status.CREATED,
    State.ARRANGED: Status.CREATED,
    State.PAYING: Status.CREATED,
    State.FUNDED: Status.PAID,
    State.ACCEPTED: Status.PAID,
    State.HANDED_OVER: Status.SHIPPED,
    State.COMPLETED: Status.COMPLETED,
    State.REFUNDED: Status.CANCELLED,
    State.CANCELLED: Status.CANCELLED,
    State.EXPIRED: Status.CANCELLED,
}


def status_in(state: str, *, before: str) -> str:
    return STATUS.get(state, before)


_ESCROW_AT_THE_END: dict[str, EscrowStatus] = {
    State.COMPLETED: EscrowStatus.RELEASED,
    State.REFUNDED: EscrowStatus.REFUNDED,
    State.CANCELLED: EscrowStatus.CANCELLED,
    State.EXPIRED: EscrowStatus.CANCELLED,
}


def escrow_status(state: str, status: str) -> EscrowStatus:
    """`status` is what the order shows: it tells a payment given up from money on its way back."""
    ended = _ESCROW_AT_THE_END.get(state)
    if ended is not None:
        return ended
    return EscrowStatus.INITIATED if status == Status.CREATED else EscrowStatus.FUNDED
