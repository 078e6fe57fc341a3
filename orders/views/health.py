"""`/health/money`: yes or no, and why not. Beside `/health`, outside of any API."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from marketplace.common.jsonio import json_response
from orders.services import health


@require_safe
def money(request: HttpRequest) -> HttpResponse:
    """200 while money moves as it should. Numbers only: no order, no person, no sum."""
    pulse = health.pulse()
    body = {"ok": not pulse.troubles, "troubles": pulse.troubles, **asdict(pulse)}
    return json_response(body, status=200 if body["ok"] else 503, headers={"Cache-Control": "no-store"})
