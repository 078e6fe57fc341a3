"""What is agreed with everybody, from the settings: deadlines, the fee, how much may be held unpaid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from orders.lifecycle import State

BASIS = 10_000


@dataclass(frozen=True)
class Fee:
    """In basis points of what the seller is paid, within bounds, in whole coins, and never more than that."""

    basis_points: int
    least_cents: int
    most_cents: int | None
    coin_cents: int = 1  # what is less than one is the seller's

    def of(self, cents: int) -> int:
        share = (cents * self.basis_points + BASIS // 2) // BASIS
        bounded = max(share, self.least_cents)
        if self.most_cents is not None:
            bounded = min(bounded, self.most_cents)
        whole = min(bounded, cents)
        return whole - whole % self.coin_cents


def current_fee() -> Fee:
    return Fee(settings.ORDER_FEE_BPS, settings.ORDER_FEE_MIN_CENTS, settings.ORDER_FEE_MAX_CENTS or None)


NO_FEE = Fee(0, 0, None)
DELIVERY_CENTS = {"FCNM": 25, "FIEC": 25, "FIMCP": 25, "FCV": 100}  # near, near, near, and up the hill
OTHER_DELIVERY_CENTS = 50


def delivery_cents(faculty: str) -> int:
    """What a courier is given at the door for coming there, in the listing's currency."""
    return DELIVERY_CENTS.get(faculty.strip().upper(), OTHER_DELIVERY_CENTS)


def time_in(state: str, *, scanned: bool = False) -> timedelta | None:
    """How long an order may stay in a state before its timeout; `scanned`: the buyer's code proved the hand-over."""
    match state:
        case State.CREATED:
            return timedelta(minutes=settings.ORDER_UNPAID_MINUTES)
        case State.ARRANGED:
            return timedelta(hours=settings.ORDER_DELIVERY_HOURS)
        case State.PAYING:
            return timedelta(minutes=settings.ORDER_PAYING_MINUTES)
        case State.FUNDED:
            return timedelta(hours=settings.ORDER_ACCEPT_HOURS)
        case State.ACCEPTED:
            return timedelta(hours=settings.ORDER_HANDOVER_HOURS)
        case State.HANDED_OVER:
            return timedelta(hours=settings.ORDER_INSPECT_SCANNED_HOURS if scanned else settings.ORDER_INSPECT_HOURS)
        case State.DISPUTED:
            return timedelta(days=settings.ORDER_DISPUTE_DAYS)
    return None


def dispute_answer_within() -> timedelta:
    return timedelta(hours=settings.ORDER_DISPUTE_ANSWER_HOURS)


def dispute_negotiation_within() -> timedelta:
    return timedelta(days=settings.ORDER_DISPUTE_NEGOTIATION_DAYS)


def review_blind_for() -> timedelta:
    return timedelta(days=settings.ORDER_REVIEW_BLIND_DAYS)


def offer_open_for() -> timedelta:
    return timedelta(hours=settings.OFFER_OPEN_HOURS)


def offer_good_for() -> timedelta:
    return timedelta(hours=settings.OFFER_GOOD_HOURS)


def most_unpaid() -> int:
    return int(settings.ORDER_MOST_UNPAID)


def provider_name() -> str:
    return str(settings.PAYMENT_PROVIDER)
