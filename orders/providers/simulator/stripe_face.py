"""The same books, asked in Stripe's words: as much of its API as `providers/stripe` speaks.

No card is ever named. A payment is ready to be confirmed as soon as it is made, as with a card that is known already.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import ValidationError

from orders.models import SimulatorRecord
from orders.providers.base import ALREADY_CAPTURED, NO_HOLD, Request
from orders.providers.simulator import book, desk

State = SimulatorRecord.State
Answer = desk.Answer
_CONFIRMED_BY = {"type": "redirect_to_url", "redirect_to_url": {"url": None, "return_url": None}}
_LEAST = {"USD": 50}  # what Stripe takes of a card
_ERRORS = {
    NO_HOLD: "payment_intent_unexpected_state",
    "more_than_held": "amount_too_large",
    ALREADY_CAPTURED: "payment_intent_unexpected_state",
    "not_enough": "charge_already_refunded",
}


def answer(method: str, path: str, environ: dict[str, Any], raw: bytes) -> Answer:
    if not environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer sk_"):
        return _error(401, "invalid_request_error", "api_key_missing")
    given = _read(raw.decode() if method == "POST" else environ.get("QUERY_STRING", ""))
    key = environ.get("HTTP_IDEMPOTENCY_KEY", "")
    try:
        return _route(method, path.removeprefix("/v1/").split("/"), given, key)
    except book.KeyReused:
        return _error(400, "idempotency_error", "idempotency_error")
    except (SimulatorRecord.DoesNotExist, ValidationError):  # the latter for what cannot be a name
        return _MISSING


def _route(method: str, path: list[str], given: dict[str, str], key: str) -> Answer:
    if method == "GET":
        return _look(path, given)
    match path:
        case ["payment_intents"]:
            record = book.open_payment(_request("authorize", given["transfer_group"], given, key))
            return 200, _intent(record)
        case ["payment_intents", name, ("confirm" | "capture" | "cancel") as step]:
            return _STEPS[step](_named(name), given, key)
        case ["refunds"]:
            return _move("refund", _named(given["payment_intent"]).order_id, given, key)
        case ["transfers"]:
            return _move("transfer", given["transfer_group"], given, key)
    return _MISSING


def _look(path: list[str], given: dict[str, str]) -> Answer:
    payments = SimulatorRecord.objects.filter(kind="authorize")
    match path:
        case ["payment_intents", "search"]:
            wanted = re.findall(r"metadata\['operation_id'\]:'([^']+)'", given["query"])
            return _page(payments.filter(operation_id__in=wanted), _intent)
        case ["payment_intents"]:
            return _page(payments, _intent)
        case ["payment_intents", name]:
            return 200, _intent(_named(name))
        case [("refunds" | "disputes") as kind]:
            return _page(_done(kind, _named(given["payment_intent"]).order_id), _MOVES[kind])
        case ["transfers"]:
            return _page(_done("transfers", given["transfer_group"]), _transfer)
    return _MISSING


# ── What is done ─────────────────────────────────────────────────────────────────────────────────


def _confirm(intent: SimulatorRecord, given: dict[str, str], key: str) -> Answer:
    request = _request_of(intent)
    done = desk.carry_out(request, lambda fault: book.confirm_payment(intent, request, fault))
    if not isinstance(done, SimulatorRecord):
        return done
    if done.state == State.FAILED:
        return _error(402, "card_error", "card_declined", payment_intent=_intent(done))
    return 200, _intent(done)


def _capture(intent: SimulatorRecord, given: dict[str, str], key: str) -> Answer:
    amount = int(given.get("amount_to_capture") or intent.amount_cents)
    if amount < _LEAST.get(intent.currency, 1):
        return _error(400, "invalid_request_error", "amount_too_small")
    request = _request_of(intent, kind="capture", key=key, amount_cents=amount)
    return _done_to(intent, request)


def _cancel(intent: SimulatorRecord, given: dict[str, str], key: str) -> Answer:
    return _done_to(intent, _request_of(intent, kind="void", key=key, authorization=str(intent.pk)))


_STEPS: dict[str, Callable[[SimulatorRecord, dict[str, str], str], Answer]] = {
    "confirm": _confirm,
    "capture": _capture,
    "cancel": _cancel,
}


def _done_to(intent: SimulatorRecord, request: Request) -> Answer:
    done = desk.carry_out(request, lambda fault: book.perform(request, fault))
    if not isinstance(done, SimulatorRecord):
        return done
    return _refused(done) or (200, _intent(SimulatorRecord.objects.get(pk=intent.pk)))


def _move(kind: str, order_id: str, given: dict[str, str], key: str) -> Answer:
    request = _request(kind, order_id, given, key)
    done = desk.carry_out(request, lambda fault: book.perform(request, fault))
    if not isinstance(done, SimulatorRecord):
        return done
    return _refused(done) or (200, _MOVES[f"{kind}s"](done))


def _refused(record: SimulatorRecord) -> Answer | None:
    if record.state != State.FAILED:
        return None
    return _error(400, "invalid_request_error", _ERRORS.get(record.code, record.code))


def _request(kind: str, order_id: str, given: dict[str, str], key: str) -> Request:
    return Request(
        key=key,
        operation_id=given.get("metadata[operation_id]", ""),
        order_id=order_id,
        kind=kind,
        amount_cents=int(given["amount"]),
        currency=given["currency"].upper() if "currency" in given else _named(given["payment_intent"]).currency,
        buyer_id="",
        seller_id="",
        destination=given.get("destination", ""),
    )


def _request_of(intent: SimulatorRecord, **changes: Any) -> Request:
    known = {"key": intent.key, "kind": "authorize", "amount_cents": intent.amount_cents, **changes}
    known |= {"order_id": intent.order_id, "operation_id": intent.operation_id, "currency": intent.currency}
    return Request(**known, buyer_id="", seller_id="")


# ── What is shown ────────────────────────────────────────────────────────────────────────────────


def _intent(record: SimulatorRecord) -> dict[str, Any]:
    captured = book.sums_of(record.order_id).captured
    status = _status(record, captured)
    until = int(record.expires_at.timestamp()) if record.expires_at else None
    charge = {
        "id": f"ch_{record.pk.hex}",
        "object": "charge",
        "payment_method_details": {"type": "card", "card": {"capture_before": until}},
    }
    return {
        "id": f"pi_{record.pk.hex}",
        "object": "payment_intent",
        "amount": record.amount_cents,
        "amount_received": captured if status == "succeeded" else 0,
        "currency": record.currency.lower(),
        "capture_method": "manual",
        "client_secret": f"pi_{record.pk.hex}_secret",
        "latest_charge": charge if record.state == State.SUCCEEDED else None,
        "last_payment_error": {"type": "card_error", "code": "card_declined"} if record.state == State.FAILED else None,
        "metadata": {"operation_id": record.operation_id},
        "next_action": _CONFIRMED_BY if status == "requires_action" else None,
        "status": status,
        "transfer_group": record.order_id,
    }


def _status(record: SimulatorRecord, captured: int) -> str:
    if record.let_go_at is not None:
        return "canceled"
    if record.state == State.SUCCEEDED:
        is_held = bool(book.sums_of(record.order_id).held)
        return "succeeded" if captured else "requires_capture" if is_held else "canceled"
    waits = {State.CREATED: "requires_confirmation", State.PENDING: "requires_action"}
    return waits.get(State(record.state), "requires_payment_method")


def _moved(record: SimulatorRecord, object_: str, prefix: str) -> dict[str, Any]:
    return {
        "id": f"{prefix}_{record.pk.hex}",
        "object": object_,
        "amount": record.amount_cents,
        "currency": record.currency.lower(),
        "metadata": {"operation_id": record.operation_id},
    }


def _refund(record: SimulatorRecord) -> dict[str, Any]:
    return {**_moved(record, "refund", "re"), "status": "succeeded"}


def _transfer(record: SimulatorRecord) -> dict[str, Any]:
    return {**_moved(record, "transfer", "tr"), "destination": record.destination, "reversed": False}


def _dispute(record: SimulatorRecord) -> dict[str, Any]:
    return {**_moved(record, "dispute", "dp"), "status": "lost"}


_MOVES: dict[str, Callable[[SimulatorRecord], dict[str, Any]]] = {
    "refunds": _refund,
    "transfers": _transfer,
    "disputes": _dispute,
}


def _done(kind: str, order_id: str) -> Any:
    word = {"refunds": "refund", "transfers": "transfer", "disputes": book.CHARGEBACK}[kind]
    return SimulatorRecord.objects.filter(order_id=order_id, kind=word, state=State.SUCCEEDED)


def _page(records: Any, shown: Callable[[SimulatorRecord], dict[str, Any]]) -> Answer:
    data = [shown(each) for each in records.order_by("-pk")[:100]]
    return 200, {"object": "list", "data": data, "has_more": False, "url": "/v1"}


def _named(name: str) -> SimulatorRecord:
    return SimulatorRecord.objects.get(pk=name.partition("_")[2])


def _read(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


def _error(status: int, type_: str, code: str, **more: Any) -> Answer:
    return status, {"error": {"type": type_, "code": code, "message": code, **more}}


_MISSING = _error(404, "invalid_request_error", "resource_missing")
