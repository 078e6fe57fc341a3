"""What a payment provider does for us, whichever it is.

A provider is asked outside of any transaction, under a key that was committed before. Whatever is not a clear answer
is `Unknown`: it is never taken for a failure, and what was sent is fetched before it is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable


@dataclass(frozen=True)
class Request:
    """One operation, as a provider needs to know it, and what it was told of before."""

    key: str
    operation_id: str
    order_id: str
    kind: str
    amount_cents: int
    currency: str
    buyer_id: str
    seller_id: str
    reference: str = ""  # its own, from an earlier try
    authorization: str = ""  # the provider's reference of what is captured, voided or refunded
    destination: str = ""  # where a transfer goes


@dataclass(frozen=True)
class Succeeded:
    reference: str
    amount_cents: int
    currency: str
    expires_at: datetime | None = None  # until when a hold holds


ALREADY_CAPTURED = "already_captured"  # of a void: somebody has taken what was held
NO_HOLD = "no_hold"  # of a capture, and of no other: nothing is held any more, all of it is back with the buyer


@dataclass(frozen=True)
class Failed:
    """Definitely nothing happened, and under this key nothing will."""

    code: str
    can_try_again: bool = False  # under another key, later


@dataclass(frozen=True)
class Pending:
    """Somebody, or time, must do something first."""

    reference: str = ""
    next_action: dict[str, Any] | None = None


@dataclass(frozen=True)
class Unknown:
    why: str


@dataclass(frozen=True)
class NotSeen:
    """The provider has never heard of this operation."""


Result = Succeeded | Failed | Pending | Unknown
Snapshot = Succeeded | Failed | Pending | NotSeen | Unknown
Remember = Callable[[str], None]  # writes down a reference before the request that needs it goes out


@dataclass(frozen=True)
class WebhookRef:
    """What a notification is about. Nothing else of it is believed: the truth is fetched."""

    event_id: str
    kind: str  # `chargeback…` where it is about one
    operation_id: str
    reference: str


@dataclass(frozen=True)
class Chargeback:
    """The buyer's bank has taken back what they had paid."""

    reference: str
    amount_cents: int
    currency: str


class BadSignature(Exception):
    pass


class UnreadableNotification(ValueError):
    """Signed by the provider, and yet not what it documents."""


class Provider(Protocol):
    """`tests/provider_contract.py` is what each must pass."""

    name: ClassVar[str]

    def execute(self, request: Request, remember: Remember) -> Result: ...

    def fetch(self, request: Request) -> Snapshot: ...

    def fetch_chargebacks(self, request: Request) -> tuple[Chargeback, ...] | Unknown: ...

    def parse_webhook(self, headers: Mapping[str, str], raw: bytes) -> WebhookRef: ...


@dataclass(frozen=True)
class Line:
    """What a provider says it has done for one order so far."""

    order_id: str
    currency: str
    authorized_cents: int
    held_cents: int  # of it, what still waits to be captured or let go
    captured_cents: int
    refunded_cents: int
    transferred_cents: int
    charged_back_cents: int = 0


@runtime_checkable
class KeepsStatement(Protocol):
    """A provider that can say everything at once; what it says is compared with the ledger every night."""

    def statement(self) -> Iterable[Line]: ...
