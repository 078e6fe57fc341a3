"""What every reply carries: a request id, safe headers, the state of its limit, a place in the metrics and a log line.

One layer rather than one for each of them: a layer costs more than what most of them do.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from uuid_utils.compat import uuid4

from marketplace.common import metrics
from marketplace.common.net import client_ip, is_trusted

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")  # a caller cannot invent time series
GetResponse = Callable[[HttpRequest], HttpResponseBase]
log = structlog.get_logger("marketplace.requests")


class Envelope:
    """Around all others: names the request, and dresses, counts and notes down its reply."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._dress = Dress()
        got_request_exception.connect(_note_failure, dispatch_uid="marketplace.requests")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started, request_id = time.perf_counter(), str(uuid4())
        structlog.contextvars.bind_contextvars(request_id=request_id, ip=client_ip(request))
        if not is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)  # only a proxy of ours may say "https"
        response = self.get_response(request)
        self._dress.put_on(request, response)
        response.headers["X-Request-ID"] = request_id
        _count(request, response, time.perf_counter() - started)
        _note(request, response)
        structlog.contextvars.clear_contextvars()
        return response


def _count(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    route = request.resolver_match.route if request.resolver_match else "none"
    method = request.method if request.method in METHODS else "other"
    metrics.count_request(method, route, response.status_code, seconds)


# ── Safe headers ─────────────────────────────────────────────────────────────────────────────────


class Dress:
    """A content security policy on every page; a JSON reply gets the strictest one."""

    API: ClassVar[str] = "default-src 'none'; frame-ancestors 'none'"
    PAGE: ClassVar[str] = (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:;"
        " worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self';"
        " frame-ancestors 'none'"
    )
    # the admin theme's Alpine evaluates expressions; nobody but staff ever sees these pages
    ADMIN: ClassVar[str] = f"{PAGE}; script-src 'self' 'unsafe-inline' 'unsafe-eval'"
    ALWAYS: ClassVar[dict[str, str]] = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    }

    def __init__(self) -> None:
        self._programs = tuple(settings.PROGRAM_PREFIXES)
        # pictures go straight from the browser to the store and back
        self._store = f" {settings.S3_PUBLIC_ENDPOINT}" if settings.S3_PUBLIC_ENDPOINT else ""

    def put_on(self, request: HttpRequest, response: HttpResponseBase) -> None:
        headers = response.headers
        for name, value in self.ALWAYS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", self._policy(request, response))
        ticket = getattr(request, "rate_ticket", None)
        if ticket is not None:
            headers["X-RateLimit-Limit"] = str(ticket.limit)
            headers["X-RateLimit-Remaining"] = str(ticket.remaining)
        if isinstance(response, HttpResponse) and request.path.startswith(self._programs):
            headers.setdefault("Cache-Control", "no-store")

    def _policy(self, request: HttpRequest, response: HttpResponseBase) -> str:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return self.API
        policy = self.ADMIN if request.path.startswith("/admin") else self.PAGE
        return policy.replace("blob:; style", f"blob:{self._store}; style").replace(
            "connect-src 'self'", f"connect-src 'self'{self._store}"
        )


# ── One line in the log for each request ─────────────────────────────────────────────────────────


def _note(request: HttpRequest, response: HttpResponseBase) -> None:
    """Nothing more is said of a request whose failure has been noted."""
    if hasattr(request, "has_failed"):
        return
    _bind_user(request)
    status = response.status_code
    tell = log.error if status >= 500 else log.warning if status >= 400 else log.info
    tell("request_finished", code=status, request=_line_of(request))
    if isinstance(response, StreamingHttpResponse) and not response.is_async:
        bound = structlog.contextvars.get_contextvars()
        response.streaming_content = _watched(response.streaming_content, bound)


def _note_failure(sender: Any, request: HttpRequest | None = None, **rest: Any) -> None:
    error = sys.exc_info()[1]
    if request is None or hasattr(request, "has_failed") or isinstance(error, (Http404, PermissionDenied)):
        return
    request.has_failed = True  # type: ignore[attr-defined]
    _bind_user(request)
    log.error("request_failed", code=500, request=_line_of(request), exc_info=error)


def _line_of(request: HttpRequest) -> str:
    return f"{request.method} {request.get_full_path()}"


def _bind_user(request: HttpRequest) -> None:
    user = getattr(request, "user", None)
    if user is not None:
        structlog.contextvars.bind_contextvars(user_id=None if user.pk is None else str(user.pk))


def _watched(pieces: Any, bound: dict[str, Any]) -> Any:
    """A file that breaks off halfway is told of under the request's own id."""
    try:
        yield from pieces
    except Exception:
        with structlog.contextvars.bound_contextvars(**bound):
            log.exception("streaming_failed")
        raise
