"""Sending what is due: outside of any transaction, to a checked address, within a time, following no redirect."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import structlog
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from marketplace.common.jsonio import dumps
from marketplace.common.queue import Claim, RowQueue
from orders.models import WebhookDelivery
from orders.services.webhooks.addresses import AddressRefused, Target, target_of

log = structlog.get_logger(__name__)

LEASE_SECONDS = 120
FIRST_RETRY = timedelta(seconds=10)
SLOWEST_RETRY = timedelta(hours=6)
KEPT_ATTEMPTS = 20
State = WebhookDelivery.State

queue = RowQueue(WebhookDelivery, lease_seconds=LEASE_SECONDS)


@dataclass(frozen=True)
class Outcome:
    told: str  # a status, or the kind of trouble: never a word of what the other side wrote
    is_good: bool = False


def is_anything_due() -> bool:
    return queue.is_anything_due()


def work_off_due(*, limit: int = 1_000, for_seconds: float = 20.0) -> int:
    """How many were tried."""
    return sum(_work(claim) for claim in queue.claims(limit=limit, for_seconds=for_seconds))


def sign(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _work(claim: Claim) -> int:
    delivery = queue.still_ours(claim).select_related("endpoint").first()
    if delivery is None:
        return 0
    began = time.monotonic()
    outcome = _send(delivery) if delivery.endpoint.is_active else Outcome("switched off")
    _write_down(claim, delivery, outcome, milliseconds=round((time.monotonic() - began) * 1000))
    return 1


def _send(delivery: WebhookDelivery) -> Outcome:
    try:
        status = _post(target_of(delivery.endpoint.url), *_message(delivery))
    except AddressRefused as refused:
        return Outcome(refused.code)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(type(error).__name__)
    return Outcome(str(status), is_good=200 <= status < 300)


def _message(delivery: WebhookDelivery) -> tuple[bytes, dict[str, str]]:
    """Signed anew at each attempt, with the time: whoever listens can refuse what is old."""
    body, at = dumps(delivery.payload), int(time.time())
    return body, {
        "Content-Type": "application/json",
        "User-Agent": f"{settings.SERVICE_NAME}-webhooks",
        "Webhook-Id": str(delivery.event_id),
        "Webhook-Event": delivery.event,
        "Webhook-Signature": f"t={at},v1={sign(delivery.endpoint.secret, at, body)}",
    }


def _post(target: Target, body: bytes, headers: dict[str, str]) -> int:
    """The status. Of the answer nothing else is read, and one that trickles in is cut off."""
    connection = _Secure(target) if target.is_https else _Plain(target)
    guard = threading.Timer(2 * settings.WEBHOOK_TIMEOUT_SECONDS, connection.cut)
    guard.start()
    try:
        connection.request("POST", target.path, body, headers)
        return connection.getresponse().status
    finally:
        guard.cancel()
        connection.close()


class _Plain(http.client.HTTPConnection):
    """To the address that was checked, whatever its name says by now."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=settings.WEBHOOK_TIMEOUT_SECONDS)
        self._address = target.address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)

    def cut(self) -> None:
        if self.sock is not None:
            self.sock.shutdown(socket.SHUT_RDWR)


class _Secure(_Plain):
    def connect(self) -> None:
        super().connect()
        self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _write_down(claim: Claim, delivery: WebhookDelivery, outcome: Outcome, *, milliseconds: int) -> None:
    attempt = {"at": timezone.now().isoformat(), "answer": outcome.told, "milliseconds": milliseconds}
    kept = [*delivery.log, attempt][-KEPT_ATTEMPTS:]
    ours = queue.still_ours(claim)
    if outcome.is_good:
        ours.update(state=State.SENT, due_at=None, done_at=Now(), log=kept)
        return
    wait = _wait_after(claim.attempt)
    is_over = not delivery.endpoint.is_active or timezone.now() + wait > delivery.give_up_at
    log.info("webhook_failed", delivery=str(delivery.pk), attempt=claim.attempt, answer=outcome.told, dead=is_over)
    if is_over:
        ours.update(state=State.DEAD, due_at=None, done_at=Now(), log=kept)
    else:
        ours.update(due_at=Now() + wait, log=kept)
    _let_others_go_first(delivery)


def _wait_after(attempt: int) -> timedelta:
    times: int = 3 ** min(attempt - 1, 10)
    return min(FIRST_RETRY * times, SLOWEST_RETRY)


def _let_others_go_first(failed: WebhookDelivery) -> None:
    """What else waits for an endpoint that is away must not use up the time of those that are there."""
    others = WebhookDelivery.objects.filter(endpoint=failed.endpoint_id, due_at__lte=Now())
    others.update(due_at=Now() + FIRST_RETRY)
