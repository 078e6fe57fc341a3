"""The sockets of all contracts. One letter may be all that is between two of them: each pattern is anchored."""

from __future__ import annotations

from typing import Any

from marketplace.contracts.chat_starter.socket import sockets as chat_starter
from marketplace.contracts.izpochat.socket import sockets as izpochat
from marketplace.contracts.polimarket.urls import sockets as polimarket

routes: list[Any] = [*polimarket, *izpochat, *chat_starter]
