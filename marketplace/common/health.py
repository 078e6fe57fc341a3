"""Is it alive, is it ready, what is it doing: `/health`, `/readyz`, `/metrics`."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from marketplace.common import metrics
from marketplace.common.jsonio import json_response
from marketplace.common.net import client_ip
from marketplace.common.redisdb import connection as redis_connection
from marketplace.common.storage import get_store

Probe = Callable[[], object]


def _state(probe: Probe) -> str:
    """`ok`, or the kind of trouble: never an address, a user name or a version."""
    try:
        probe()
    except Exception as error:
        return f"error: {type(error).__name__}"
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_storage() -> None:
    get_store().head("health/probe")


class PatientProbe:
    """Asks a neighbour that may be slow: at most once in ten seconds, and nobody waits longer than one."""

    def __init__(self, question: Probe) -> None:
        self._question = question
        self._lock = threading.Lock()
        self._fresh_until = 0.0
        self._done = threading.Event()
        self._state = "unknown"

    def state(self) -> str:
        with self._lock:
            if time.monotonic() >= self._fresh_until:
                self._fresh_until = time.monotonic() + 10
                self._done.clear()
                threading.Thread(target=self._ask, daemon=True).start()
        return self._state if self._done.wait(1) else "error: no answer"

    def forget(self) -> None:
        self._fresh_until = 0.0

    def _ask(self) -> None:
        self._state = _state(self._question)
        self._done.set()


redis_probe = PatientProbe(lambda: redis_connection().ping())
storage_probe = PatientProbe(_ask_storage)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 while requests can be answered from the database; the rest is told, not judged."""
    database = _state(_ask_database)
    ok = database == "ok"
    body: dict[str, Any] = {
        "status": "healthy" if ok else "unhealthy",
        "ok": ok,
        "service": settings.SERVICE_NAME,
        "env": settings.APP_ENV,
        "version": settings.VERSION,
        "db": database,
        "redis": redis_probe.state(),
        "s3": storage_probe.state(),
        "s3_public_endpoint": settings.S3_PUBLIC_ENDPOINT or settings.BASE_URL,
    }
    return json_response(body, status=200 if ok else 503, headers={"Cache-Control": "no-store"})


def _ask_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise RuntimeError("migrations are waiting")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process may be given traffic: database there, migrated; Redis may be away."""
    checks = {"db": _state(_ask_database), "migrations": _state(_ask_migrations)}
    ready = all(state == "ok" for state in checks.values())
    return json_response({"ready": ready, **checks}, status=200 if ready else 503)


@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """For the machine itself, or for whoever has `METRICS_TOKEN`; to others the page does not exist."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    allowed = bool(settings.METRICS_TOKEN) and hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    if not allowed and not (settings.IS_LOCAL and client_ip(request) in ("127.0.0.1", "::1")):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")
