"""Tells a worker that a row is waiting: after the commit, and without the request waiting for the broker.

A broker that is away, or accepts and never answers, costs a few seconds until the next sweep. It is no reason to fail
or slow down a request that has already succeeded, so a thread of its own does the calling.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import structlog
from django.db import connection, transaction

PAUSE_SECONDS = 0.1  # a worker that was woken looks at all there is: no need to wake it for each row of a busy hour
log = structlog.get_logger(__name__)


class WakeUp:
    def __init__(self, name: str) -> None:
        self._name = name
        self._call: Callable[[], object] = lambda: None
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def means(self, call: Callable[[], object]) -> None:
        """What to do when somebody rings; until then only the sweep works rows off."""
        self._call = call

    def after_commit(self) -> None:
        """One ring per commit is enough, however many rows it brings."""
        if not any(entry[1] == self._ring for entry in connection.run_on_commit):
            transaction.on_commit(self._ring, robust=True)

    def _ring(self) -> None:
        with self._lock:
            if self._pid != os.getpid():  # a forked process inherits the object but not its thread
                self._pid = os.getpid()
                threading.Thread(target=self._answer, name=self._name, daemon=True).start()
        self._wanted.set()

    def _answer(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._call()
            except Exception as error:
                log.warning("wake_up_lost", name=self._name, error=type(error).__name__)
            time.sleep(PAUSE_SECONDS)  # the first ring is answered at once, the next ones together
