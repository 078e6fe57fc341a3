"""What every reply carries: a request id, safe headers, the state of its limit, a place in the metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from marketplace.common import metrics
from marketplace.common.handler import request_id
from marketplace.common.net import client_ip, is_trusted

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")  # a caller cannot invent time series
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class LogMiddleware(RequestMiddleware):
    """One log line for each request; the address in it is the one that limits count by, not whatever a header says."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=client_ip(request))


class RequestIdMiddleware:
    """`X-Request-ID` on every reply: the same id stands in each log line and each error body."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)  # only a proxy of ours may say "https"
        response = self.get_response(request)
        response["X-Request-ID"] = request_id() or ""
        return response


class MetricsMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "none"
        method = request.method if request.method in METHODS else "other"
        metrics.requests.labels(method, route, str(response.status_code)).inc()
        metrics.latency.labels(method, route).observe(time.perf_counter() - started)
        return response


class SecurityHeadersMiddleware:
    """A content security policy on every page; a JSON reply gets the strictest one."""

    API: ClassVar[str] = "default-src 'none'; frame-ancestors 'none'"
    PAGE: ClassVar[str] = (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
        " worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self';"
        " frame-ancestors 'none'"
    )
    # the admin theme's Alpine evaluates expressions; nobody but staff ever sees these pages
    ADMIN: ClassVar[str] = f"{PAGE}; script-src 'self' 'unsafe-inline' 'unsafe-eval'"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        # pictures go straight from the browser to the store and back
        self._store = f" {settings.S3_PUBLIC_ENDPOINT}" if settings.S3_PUBLIC_ENDPOINT else ""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self._policy(request, response))
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
        return response

    def _policy(self, request: HttpRequest, response: HttpResponseBase) -> str:
        if not response.get("Content-Type", "").startswith("text/html"):
            return self.API
        policy = self.ADMIN if request.path.startswith("/admin") else self.PAGE
        return policy.replace("blob:; style", f"blob:{self._store}; style").replace(
            "connect-src 'self'", f"connect-src 'self'{self._store}"
        )


class RateLimitHeadersMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        ticket = getattr(request, "rate_ticket", None)
        if ticket is not None:
            response["X-RateLimit-Limit"] = str(ticket.limit)
            response["X-RateLimit-Remaining"] = str(ticket.remaining)
        if isinstance(response, HttpResponse) and request.path.startswith("/v1/"):
            response.setdefault("Cache-Control", "no-store")
        return response
