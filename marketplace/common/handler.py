"""The one place where an exception becomes a reply, for DRF views and for Django's own error pages."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import structlog
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from redis.exceptions import RedisError
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from marketplace.common import errors
from marketplace.common.jsonio import json_response
from marketplace.common.storage.errors import StorageUnavailable

log = structlog.get_logger(__name__)

PAGE_PREFIXES = ("/admin", "/account/")  # where people, not programs, read the answer
# lock timeout, deadlock, serialization failure, statement timeout, and the server going or coming
RETRYABLE_STATES = ("55P03", "40P01", "40001", "57014", "57P", "53", "08", "25P03")
CONFLICT_STATES = ("23505", "23503", "23P01")  # a twin, a thing that is gone, an overlap
MISFIT_STATES = ("22003", "22008", "22001")  # a number, a time, a text too large for its column
DRF_CODES: dict[type[drf.APIException], type[errors.DomainError]] = {
    drf.NotAuthenticated: errors.Unauthenticated,
    drf.AuthenticationFailed: errors.Unauthenticated,
    drf.PermissionDenied: errors.Forbidden,
    drf.NotFound: errors.NotFound,
}


class MethodNotAllowed(errors.DomainError):
    status = 405
    code = "method_not_allowed"
    detail = "Method Not Allowed"


class ServerError(errors.DomainError):
    status = 500
    code = "server_error"
    detail = "Internal Server Error"


class BadGateRequest(errors.DomainError):
    code = "bad_request"


def request_id() -> str | None:
    value: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return value


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's hook. `None` lets Django log the traceback and answer through `server_error`."""
    error = translate(exc)
    if error is None:
        return None
    _tell_operators(exc, error)
    set_rollback()
    return Response(full_body(error), status=error.status, headers=error.headers)


def _tell_operators(exc: BaseException, error: errors.DomainError) -> None:
    """A caller is told to try again; whoever runs this wants to know why."""
    if error.status >= 500 and exc is not error:
        log.warning("unavailable", cause=type(exc).__name__, exc_info=exc)


def full_body(error: errors.DomainError) -> dict[str, Any]:
    return {**error.body(), "request_id": request_id()}


def translate(exc: BaseException) -> errors.DomainError | None:
    """The `DomainError` that says what happened, or None for a fault of ours."""
    match exc:
        case errors.DomainError():
            return exc
        case drf.APIException():
            return _from_drf(exc)
        case Http404():
            return errors.NotFound()
        case PermissionDenied():
            return errors.Forbidden()
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            return errors.TooLarge()
        case UnreadablePostError() | SuspiciousOperation() | BadRequest() | UnicodeError():
            return BadGateRequest()
        case StorageUnavailable() | RedisError():
            return errors.Unavailable()
        case DatabaseError() | InterfaceError():
            return _from_database(exc)
    return None


def _from_drf(exc: drf.APIException) -> errors.DomainError:
    if isinstance(exc, drf.ValidationError):
        return errors.InvalidInput([{"type": "value_error", "loc": ["body"], "msg": str(exc)}])
    if isinstance(exc, (drf.ParseError, drf.UnsupportedMediaType)):
        return errors.InvalidInput.one(["body"], str(exc.detail), type="json_invalid")
    if isinstance(exc, drf.MethodNotAllowed):
        return MethodNotAllowed()
    if isinstance(exc, drf.Throttled):
        return errors.TooManyRequests(retry_after=int(getattr(exc, "wait", None) or 1))
    known = DRF_CODES.get(type(exc))
    if known is None:
        return BadGateRequest(str(exc.detail)) if exc.status_code < 500 else errors.Unavailable()
    plain = isinstance(exc.detail, str) and not isinstance(exc, (drf.NotAuthenticated, drf.NotFound))
    return known(str(exc.detail) if plain else None)


def _from_database(exc: BaseException) -> errors.DomainError | None:
    state = getattr(exc.__cause__, "sqlstate", None) or ""
    if state in CONFLICT_STATES:
        return errors.Conflict()
    if state in MISFIT_STATES:
        return errors.InvalidInput.one(["body"], "A value is out of range")
    if isinstance(exc, IntegrityError):
        return None
    if state.startswith(RETRYABLE_STATES):
        return errors.Unavailable()
    if state == "22021" or "NUL" in str(exc):  # a byte no text column can hold
        return BadGateRequest()
    if isinstance(exc, (OperationalError, InterfaceError)) and not state:
        return errors.Unavailable()  # no answer at all: the pool is empty or the server is away
    return None


# ── Django's own error pages ─────────────────────────────────────────────────────────────────────


def _reply(request: HttpRequest, error: errors.DomainError) -> HttpResponse:
    if request.path.startswith(PAGE_PREFIXES):
        context = {"status": error.status, "text": error.text, "request_id": request_id()}
        response = render(request, "error.html", context, status=error.status)
        for name, value in error.headers.items():
            response[name] = value
        return response
    return json_response(full_body(error), status=error.status, headers=error.headers)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _reply(request, translate(exception or BadRequest()) or BadGateRequest())


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _reply(request, errors.Forbidden())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _reply(request, errors.NotFound())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _reply(request, errors.Forbidden("This form has expired, please load it again"))


def server_error(request: HttpRequest) -> HttpResponse:
    cause = sys.exc_info()[1] or Exception()
    error = translate(cause) or ServerError()
    _tell_operators(cause, error)
    return _reply(request, error)
