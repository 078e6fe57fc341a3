"""A heartbeat inside every worker: due rows are worked off even while Redis is away and nobody wakes us up."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.db import close_old_connections

log = structlog.get_logger(__name__)


class Sweeper:
    """Apps add what they want swept; the worker starts and stops it."""

    def __init__(self, every_seconds: float = 5.0) -> None:
        self._every = every_seconds
        self._jobs: list[Callable[[], object]] = []
        self._stopped = threading.Event()

    def add(self, job: Callable[[], object]) -> None:
        self._jobs.append(job)

    def start(self) -> None:
        threading.Thread(target=self._loop, name="sweeper", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def sweep(self) -> None:
        for job in self._jobs:
            try:
                job()
            except Exception:  # one job's trouble is not another's
                log.exception("sweep_failed", job=getattr(job, "__qualname__", repr(job)))
            finally:
                close_old_connections()

    def _loop(self) -> None:
        while not self._stopped.wait(self._every):
            self.sweep()


sweeper = Sweeper()
