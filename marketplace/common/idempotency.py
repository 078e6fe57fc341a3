"""`Idempotency-Key`: the same request sent again gets the same answer and has no second effect.

The record is inserted first and committed together with the effect. A second request with the same key waits on
the unique index until the first has committed (then it replays) or rolled back (then it runs); a process that dies
in between leaves nothing behind, so no lease is needed. Only successes are stored, and no `NotYet`.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.common.errors import Conflict, DomainError, InvalidInput
from marketplace.common.jsonio import dumps
from marketplace.common.models import IdempotencyRecord
from marketplace.common.throttle import caller_of, route_of

KEPT_HEADERS = ("ETag", "Location")
LOCK_NOT_AVAILABLE = "55P03"


class BadKey(DomainError):
    code = "bad_idempotency_key"
    detail = "Idempotency-Key must be 1 to 255 printable ASCII characters"


class StillRunning(Conflict):
    code = "in_progress"
    detail = "The first request with this Idempotency-Key is still running"


class NotYet(Response):
    """A success so far, whose answer may be another one soon: it is not remembered, and the same key asks anew."""


@dataclass(frozen=True)
class Claim:
    """By whom, where and under what key an answer is remembered, and for what request."""

    caller: str
    route: str
    key: str
    fingerprint: bytes

    @property
    def scope(self) -> dict[str, str]:
        return {"caller": self.caller, "route": self.route, "key": self.key}


def claim_of(request: Request, path: dict[str, Any]) -> Claim | None:
    """None without a key: then the request is not repeatable by it."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    return Claim(caller_of(request), route_of(request), _checked(key), _fingerprint(request, path))


def idempotent(handler: Callable[..., Response]) -> Callable[..., HttpResponse]:
    """For handlers whose whole effect is in the database."""

    @functools.wraps(handler)
    def handle(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        claim = claim_of(request, kwargs)
        if claim is None:
            return handler(view, request, *args, **kwargs)
        with transaction.atomic():
            record = _claim(claim)
            if record.status is not None:
                return _replay(record)
            response = handler(view, request, *args, **kwargs)
            _store(record, response)
            return response

    return handle


def answered_once(handler: Callable[..., Response]) -> Callable[..., HttpResponse]:
    """For handlers that ask somebody outside and so may hold no transaction. Their steps are repeatable by nature; this
    adds that the same key gets the same answer, and that it is refused to another body."""

    @functools.wraps(handler)
    def handle(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        claim = claim_of(request, kwargs)
        if claim is None:
            return handler(view, request, *args, **kwargs)
        known = _answered(claim)
        if known is not None:
            return _replay(known)
        response = handler(view, request, *args, **kwargs)
        if response.status_code >= 400 or isinstance(response, NotYet):
            return response
        record = IdempotencyRecord(**claim.scope, fingerprint=claim.fingerprint)
        _fill(record, response)
        IdempotencyRecord.objects.bulk_create([record], ignore_conflicts=True)
        first = _answered(claim)  # of two at once, the one that was written is everybody's answer
        return response if first is None or bytes(first.body or b"") == record.body else _replay(first)

    return handle


def _answered(claim: Claim) -> IdempotencyRecord | None:
    record = IdempotencyRecord.objects.filter(**claim.scope, status__isnull=False).first()
    if record is not None:
        _require_same(record, claim)
    return record


def _checked(key: str) -> str:
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise BadKey
    return key


# ON CONFLICT DO NOTHING waits for the first request to end; lock_timeout bounds the wait
_CLAIMED = """
INSERT INTO common_idempotencyrecord (caller, route, key, fingerprint, headers) VALUES (%s, %s, %s, %s, '{}')
ON CONFLICT DO NOTHING RETURNING id
"""
_ANSWERED = "UPDATE common_idempotencyrecord SET status = %s, body = %s, headers = %s::jsonb WHERE id = %s"


def _claim(claim: Claim) -> IdempotencyRecord:
    """By hand: before each request that has a key, and what the ORM makes of it takes longer than the rest of it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIMED, [claim.caller, claim.route, claim.key, claim.fingerprint])
            claimed = cursor.fetchone()
        if claimed is not None:
            return IdempotencyRecord(pk=claimed[0], **claim.scope, fingerprint=claim.fingerprint)
        record = IdempotencyRecord.objects.select_for_update().get(**claim.scope)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise StillRunning(headers={"Retry-After": "1"}) from error
        raise
    _require_same(record, claim)
    return record


def _require_same(record: IdempotencyRecord, claim: Claim) -> None:
    if not hmac.compare_digest(bytes(record.fingerprint), claim.fingerprint):
        raise InvalidInput.one(
            ["header", "Idempotency-Key"],
            "This key was used with another request",
            type="idempotency_key_reused",
        )


def _fingerprint(request: Request, path: dict[str, Any]) -> bytes:
    """Keyed, because the body may hold a password: a plain hash of it would be a gift to a thief."""
    data = request.POST.dict() if request.FILES else request.data
    files = [(name, file.name, _digest(file)) for name, sent in sorted(request.FILES.lists()) for file in sent]
    asked = [request.query_params.dict()] if request.query_params else []  # some say there what others say in the body
    what = dumps([sorted((name, str(value)) for name, value in path.items()), data, files, *asked])
    return hmac.new(settings.SECRET_KEY.encode(), what, hashlib.sha256).digest()


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _store(record: IdempotencyRecord, response: Response) -> None:
    if response.status_code >= 400:
        transaction.set_rollback(True)
        return
    if isinstance(response, NotYet):  # what it did stays done, and only the claim is given up
        IdempotencyRecord.objects.filter(pk=record.pk).delete()
        return
    _fill(record, response)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, [record.status, bytes(record.body or b""), dumps(record.headers).decode(), record.pk])


def _fill(record: IdempotencyRecord, response: Response) -> None:
    record.status = response.status_code
    record.body = dumps(response.data) if response.data is not None else b""
    record.headers = {name: response[name] for name in KEPT_HEADERS if name in response}


def _replay(record: IdempotencyRecord) -> HttpResponse:
    response = HttpResponse(bytes(record.body or b""), status=record.status or 200, content_type="application/json")
    for name, value in record.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def forget_older_than(hours: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM common_idempotencyrecord WHERE created_at < now() - make_interval(hours => %s)",
            [hours],
        )
        return int(cursor.rowcount)
