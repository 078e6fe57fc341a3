"""What the simulated provider answers, whichever way it was asked: in the same process, or over HTTP (`face.py`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from orders.models import SimulatorRecord
from orders.models.simulator import SimulatorFault
from orders.providers.base import Request
from orders.providers.simulator import book, faults, notices

Fault = SimulatorFault.Fault
Answer = tuple[int, dict[str, Any]]
SLOW_SECONDS = 1.0
NO_ANSWER: Answer = (504, {})  # what a gateway says for a server that never answers
NOT_FOUND: Answer = (404, {"code": "not_found"})
_LOST: dict[str, Answer] = {Fault.TIMEOUT_AFTER: NO_ANSWER, Fault.ERROR_AFTER: (500, {"code": "internal"})}


def answer(method: str, path: str, body: dict[str, Any]) -> Answer:
    match (method, path.strip("/").split("/")):
        case ("POST", ["operations"]):
            return _perform(Request(**body))
        case ("POST", ["operations", key, "confirm"]):
            return _seen(book.confirm(key, succeeds=bool(body.get("succeeds"))))
        case ("GET", ["operations", key]):
            return _seen(book.find(key))
        case ("GET", ["chargebacks", order_id]):
            return 200, {"chargebacks": [_shown(each) for each in book.find_chargebacks(order_id)]}
    return NOT_FOUND


def _perform(request: Request) -> Answer:
    try:
        done = carry_out(request, lambda fault: book.perform(request, fault))
    except book.KeyReused:
        return 409, {"code": "key_reused"}
    return _seen(done) if isinstance(done, SimulatorRecord) else done


def carry_out(request: Request, do: Callable[[str | None], SimulatorRecord]) -> SimulatorRecord | Answer:
    """With whatever misbehaviour is due; an answer in the place of what was done is what the caller gets instead."""
    fault = faults.take(request)
    if fault == Fault.TIMEOUT_BEFORE:
        return NO_ANSWER
    if fault == Fault.SLOW:
        time.sleep(SLOW_SECONDS)
    done = do(fault)
    _misbehave_after(done, fault)
    return _LOST.get(fault or "", done)


def _misbehave_after(record: SimulatorRecord, fault: str | None) -> None:
    if fault == Fault.CHARGEBACK and record.state == SimulatorRecord.State.SUCCEEDED:
        book.charge_back(record.order_id)
    if fault == Fault.WEBHOOK_FIRST:
        notices.send_now(record.order_id)


def _seen(record: SimulatorRecord | None) -> Answer:
    return NOT_FOUND if record is None else (200, _shown(record))


def _shown(record: SimulatorRecord) -> dict[str, Any]:
    return {
        "id": str(record.pk),
        "key": record.key,
        "state": record.state,
        "code": record.code,
        "amount_cents": record.amount_cents,
        "currency": record.currency,
        "expires_at": record.expires_at and record.expires_at.isoformat(),
    }
