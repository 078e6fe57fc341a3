"""The simulated provider as we talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings

from marketplace.common.jsonio import loads
from orders.models import SimulatorRecord
from orders.providers import signing
from orders.providers.base import (
    ALREADY_CAPTURED,
    NO_HOLD,
    Chargeback,
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
    UnreadableNotification,
    WebhookRef,
)
from orders.providers.simulator import book, line, notices
from orders.providers.simulator.desk import Answer

State = SimulatorRecord.State
FINAL_CODES = frozenset(
    {NO_HOLD, "more_than_held", ALREADY_CAPTURED, "already_authorized", "not_enough", "unknown_kind"}
)


class Simulator:
    name: ClassVar[str] = "simulator"

    def execute(self, request: Request, remember: Remember) -> Result:
        answer = _asked(lambda: line.perform(request))
        if isinstance(answer, Unknown):
            return answer
        status, said = answer
        return _told(said) if status == 200 else Unknown(str(status))

    def fetch(self, request: Request) -> Snapshot:
        answer = _asked(lambda: line.find(request.key))
        return answer if isinstance(answer, Unknown) else _seen(*answer)

    def fetch_chargebacks(self, request: Request) -> tuple[Chargeback, ...] | Unknown:
        answer = _asked(lambda: line.find_chargebacks(request.order_id))
        if isinstance(answer, Unknown):
            return answer
        status, said = answer
        if status != 200:
            return Unknown(str(status))
        return tuple(Chargeback(each["id"], each["amount_cents"], each["currency"]) for each in said["chargebacks"])

    def parse_webhook(self, headers: Mapping[str, str], raw: bytes) -> WebhookRef:
        signing.verify(headers.get(notices.HEADER, ""), raw, settings.SIMULATOR_WEBHOOK_SECRETS)
        said = loads(raw)
        names = ("event_id", "kind", "operation_id", "reference")
        if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in names):
            raise UnreadableNotification
        return WebhookRef(*(said[name] for name in names))

    def confirm(self, key: str, *, succeeds: bool) -> bool:
        """In the buyer's place. False when nobody waits for it, or it cannot be reached."""
        answer = _asked(lambda: line.confirm(key, succeeds=succeeds))
        return not isinstance(answer, Unknown) and answer[0] == 200

    def statement(self) -> Iterable[Line]:
        return book.statement()


def _asked(call: Callable[[], Answer]) -> Answer | Unknown:
    """Whatever goes wrong on the way means that we do not know."""
    try:
        return call()
    except Exception as error:
        return Unknown(type(error).__name__)


def _seen(status: int, said: dict[str, Any]) -> Snapshot:
    if status == 404 and said.get("code") == "not_found":  # any other 404 is somebody else's
        return NotSeen()
    return _told(said) if status == 200 else Unknown(str(status))


def _told(said: dict[str, Any]) -> Succeeded | Failed | Pending | Unknown:
    match said.get("state"):
        case State.SUCCEEDED:
            until = said["expires_at"] and datetime.fromisoformat(said["expires_at"])
            return Succeeded(said["id"], said["amount_cents"], said["currency"], until or None)
        case State.PENDING:
            return Pending(said["id"], {"type": "confirm", "key": said["key"]})
        case State.FAILED:
            return Failed(said["code"], can_try_again=said["code"] not in FINAL_CODES)
    return Unknown("not understood")
