"""The sockets of all contracts. One letter may be all that is between two of them: each pattern is anchored."""

from __future__ import annotations

from typing import Any

from marketplace.contracts.polimarket.urls import sockets as polimarket

routes: list[Any] = [*polimarket]
