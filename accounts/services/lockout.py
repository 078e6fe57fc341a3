"""Guessing passwords, made slow: a place is taken before the password is looked at and given back if it was right.

Counted three ways in windows of 15 minutes: this name from this address (10), its account from anywhere (50),
this address on any account (100). The first stops a guesser without locking the owner out elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from marketplace.common import ratelimit
from marketplace.common.errors import TooManyRequests
from marketplace.common.net import limit_key
from marketplace.common.ratelimit import Ticket


class LockedOut(TooManyRequests):
    code = "locked_out"
    detail = "Too many failed sign-ins, please try again later"


@dataclass(frozen=True)
class Attempt:
    tickets: tuple[Ticket | None, ...]

    def succeeded(self) -> None:
        """The owner is here: their own earlier slips are forgiven, other addresses' are not."""
        for ticket in self.tickets:
            ratelimit.give_back(ticket)
        pair = self.tickets[0]
        if pair is not None:
            ratelimit.forget_key(pair.key)


def begin_attempt(*, name: str, account: str, address: str) -> Attempt:
    """`name` is what was typed, `account` the account's id if there is one: unknown names lock like known ones.

    The first window goes by the name, so that trying a user name does not tell which address belongs to it.
    """
    typed, who, where = _mark(name), _mark(account), limit_key(address)
    scopes = (("lockout_pair", f"{typed}:{where}"), ("lockout_account", who), ("lockout_address", where))
    tickets: list[Ticket | None] = []
    for scope, caller in scopes:
        ticket = ratelimit.take(scope, caller, sensitive=True)
        if ticket is not None and not ticket.allowed:
            for taken in tickets:
                ratelimit.give_back(taken)
            raise LockedOut(retry_after=ticket.retry_after)
        tickets.append(ticket)
    return Attempt(tuple(tickets))


def _mark(text: str) -> str:
    return hashlib.sha256(text.strip().lower().encode()).hexdigest()[:32]
