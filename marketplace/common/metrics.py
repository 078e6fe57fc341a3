"""Counters for Prometheus. Labels are routes, never addresses: a name with an id in it is a leak of memory."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

requests = Counter("http_requests_total", "Requests answered", ["method", "route", "status"])
latency = Histogram(
    "http_request_seconds",
    "Time to answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


@lru_cache(maxsize=2_048)
def _of_route(method: str, route: str, status: int) -> tuple[Any, Any]:
    """The two that a request moves; to find them by their labels takes longer than to move them."""
    return requests.labels(method, route, str(status)), latency.labels(method, route)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    counted, timed = _of_route(method, route, status)
    counted.inc()
    timed.observe(seconds)


outbox_deliveries = Counter("outbox_deliveries_total", "Outbox deliveries tried", ["listener", "outcome"])
refreshes = Counter("token_refreshes_total", "Refresh requests", ["outcome"])
sign_ins = Counter("sign_ins_total", "Sign-in attempts", ["surface", "outcome"])
pushes = Counter("push_deliveries_total", "Notification deliveries tried", ["channel", "outcome"])


def exposition() -> bytes:
    """All processes' numbers where `PROMETHEUS_MULTIPROC_DIR` is set, else this process'."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
