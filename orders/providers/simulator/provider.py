"""The simulated provider as we talk to it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import ClassVar

from orders.models import SimulatorRecord
from orders.models.simulator import SimulatorFault
from orders.providers.base import (
    BadSignature,
    Caps,
    Failed,
    Line,
    NotSeen,
    Pending,
    Remember,
    Request,
    Result,
    Snapshot,
    Succeeded,
    Unknown,
    WebhookRef,
)
from orders.providers.simulator import book

Fault = SimulatorFault.Fault
SLOW_SECONDS = 1.0
FINAL_CODES = frozenset({"no_hold", "already_captured", "already_authorized", "not_enough", "unknown_kind"})


class Simulator:
    name: ClassVar[str] = "simulator"
    caps: ClassVar[Caps] = Caps()

    def execute(self, request: Request, remember: Remember) -> Result:
        fault = book.take_fault(request)
        if fault == Fault.TIMEOUT_BEFORE:
            return Unknown("no answer")
        if fault == Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        try:
            record = book.perform(request, fault)
        except book.KeyReused:
            return Failed("key_reused")
        if fault in (Fault.TIMEOUT_AFTER, Fault.ERROR_AFTER):
            return Unknown("no answer" if fault == Fault.TIMEOUT_AFTER else "500")
        return _told(record)

    def fetch(self, request: Request) -> Snapshot:
        record = book.find(request.key)
        return NotSeen() if record is None else _told(record)

    def parse_webhook(self, headers: Mapping[str, str], raw: bytes) -> WebhookRef:
        raise BadSignature

    def statement(self) -> Iterable[Line]:
        return book.statement()


def _told(record: SimulatorRecord) -> Succeeded | Failed | Pending:
    match record.state:
        case SimulatorRecord.State.SUCCEEDED:
            return Succeeded(str(record.pk), record.amount_cents, record.currency, record.expires_at)
        case SimulatorRecord.State.PENDING:
            return Pending(str(record.pk), {"type": "confirm", "key": record.key})
    return Failed(record.code, can_try_again=record.code not in FINAL_CODES)
