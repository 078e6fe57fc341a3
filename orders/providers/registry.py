"""Which provider an operation is for. An order stays with the one it began with, whatever the setting says later."""

from __future__ import annotations

from functools import cache

from orders.providers.base import Provider
from orders.providers.simulator.provider import Simulator


class UnknownProvider(LookupError):
    pass


@cache
def provider(name: str) -> Provider:
    if name == Simulator.name:
        return Simulator()
    raise UnknownProvider(name)
