"""Numbers for Prometheus. Labels are routes, never addresses: a name with an id in it is a leak of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
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
chat_publish_failures = Counter("chat_publish_failures_total", "Hints to the sockets that Redis did not take", [])
sockets_open = Gauge("ws_connections", "Sockets that are open")
socket_deliveries = Counter("ws_deliveries_total", "Frames given to the sockets' server", [])
socket_dropped = Counter("ws_passing_dropped_total", "Typing and presence that a lagging socket went without", [])
sockets_slow = Counter("ws_slow_closed_total", "Sockets closed because they did not keep up", [])
gap_repairs = Counter("chat_gap_repairs_total", "Times a room's log was read for what no hint had brought", [])
resumes = Counter("ws_resumes_total", "Rooms entered, by how", ["outcome"])
telemetry_events = Counter("telemetry_events_total", "Events that apps sent", ["outcome"])
pushes = Counter("push_deliveries_total", "Notification deliveries tried", ["channel", "outcome"])

Gauges = Mapping[str, tuple[str, float]]  # name -> what it means, and how much
log = structlog.get_logger(__name__)


class _Asked:
    """Gauges whose numbers are in the database: asked for when somebody looks, the same in every process."""

    def __init__(self) -> None:
        self._questions: list[Callable[[], Gauges]] = []

    def add(self, question: Callable[[], Gauges]) -> None:
        self._questions.append(question)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for question in self._questions:
            try:
                gauges = question()
            except Exception as error:  # one app's trouble does not hide the others' numbers
                log.warning("gauges_missing", question=question.__qualname__, error=type(error).__name__)
                continue
            for name, (meaning, value) in gauges.items():
                yield GaugeMetricFamily(name, meaning, value=value)


asked = _Asked()


def exposition() -> bytes:
    """What this process has counted, and what is asked for."""
    return generate_latest(REGISTRY) + _now()


def _now() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(asked)
    return generate_latest(registry)
