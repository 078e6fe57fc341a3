"""How the simulated provider is reached: it sits in this process, or, with `SIMULATOR_URL`, behind HTTP like any other.

Over HTTP either side can be killed without the other, which is what the drills do.
"""

from __future__ import annotations

import http.client
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from marketplace.common.jsonio import dumps, loads
from orders.providers.base import Request
from orders.providers.simulator import desk


def perform(request: Request) -> desk.Answer:
    return _call("POST", "operations", asdict(request))


def find(key: str) -> desk.Answer:
    return _call("GET", f"operations/{key}")


def confirm(key: str, *, succeeds: bool) -> desk.Answer:
    return _call("POST", f"operations/{key}/confirm", {"succeeds": succeeds})


def find_chargebacks(order_id: str) -> desk.Answer:
    return _call("GET", f"chargebacks/{order_id}")


def _call(method: str, path: str, body: dict[str, Any] | None = None) -> desk.Answer:
    if not settings.SIMULATOR_URL:
        return desk.answer(method, path, body or {})
    target = urlsplit(settings.SIMULATOR_URL)
    line = http.client.HTTPConnection(target.hostname or "", target.port, timeout=settings.PAYMENT_TIMEOUT_SECONDS)
    try:
        line.request(method, f"{target.path.rstrip('/')}/{quote(path, safe='/:')}", dumps(body or {}))
        reply = line.getresponse()
        raw = reply.read()
        return reply.status, loads(raw) if raw and reply.status < 500 else {}
    finally:
        line.close()
