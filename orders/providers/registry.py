"""Which provider an operation is for. An order stays with the one it began with, whatever the setting says later."""

from __future__ import annotations

from functools import cache

from orders.providers.base import Provider
from orders.providers.simulator.provider import Simulator
from orders.providers.stripe.provider import Stripe

_KNOWN: dict[str, type[Provider]] = {each.name: each for each in (Simulator, Stripe)}


class UnknownProvider(LookupError):
    pass


@cache
def provider(name: str) -> Provider:
    if name not in _KNOWN:
        raise UnknownProvider(name)
    return _KNOWN[name]()
