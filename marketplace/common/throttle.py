"""The limiter as DRF wants it: per caller and route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from marketplace.common.net import client_ip, limit_key
from marketplace.common.ratelimit import take

if TYPE_CHECKING:
    from rest_framework.views import APIView


ON_ALL_DOORS_TOGETHER = ("register",)


class RouteThrottle(BaseThrottle):
    """`RATE_LIMIT` per caller and route; a view with `rate_scope` has that limit instead.

    Registering is counted over the doors of all families, or each would be a way around the others.

    The state is left on the Django request, from where the middleware writes the `X-RateLimit-*` headers.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        scope = getattr(view, "rate_scope", "default")
        window = scope if scope in ON_ALL_DOORS_TOGETHER else route_of(request)
        ticket = take(scope, f"{window}:{caller_of(request)}", sensitive=scope != "default")
        if ticket is not None:
            request._request.rate_ticket = ticket  # type: ignore[attr-defined]
            self._wait = ticket.retry_after
        return ticket is None or ticket.allowed

    def wait(self) -> float | None:
        return float(self._wait)


def route_of(request: Request) -> str:
    match = request._request.resolver_match
    return f"{request.method}:{match.route if match else request.path}"


def caller_of(request: Request) -> str:
    user = request.user
    return str(user.pk) if user.is_authenticated else limit_key(client_ip(request._request))
