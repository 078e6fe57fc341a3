"""Facts that are noted during a request and written after it: in memory first, then together, by a thread of its own.

What happens most must not wait for a table of statistics. So these are hints: a process that is killed takes with it
what it noted in the last second, and one whose database stands still lets go of what no longer fits, and counts it.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from itertools import islice
from multiprocessing.util import Finalize
from typing import Any

import structlog
from django.db import Error, connection
from django.utils import timezone

from analytics.services.intake import writing
from marketplace.common import metrics

SERVER_SESSION = "srv"  # of what is told by the product itself
PAUSE_SECONDS = 1.0
MOST_WAITING = 10_000
AT_ONCE = 500
log = structlog.get_logger(__name__)


class Notebook:
    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._wanted = threading.Event()
        self._starting, self._writing = threading.Lock(), threading.Lock()
        self._pid = 0
        self.writes_itself = True

    def note(self, event_type: str, **facts: Any) -> None:
        if len(self._waiting) >= MOST_WAITING:
            metrics.telemetry_events.labels("dropped").inc()
            return
        self._waiting.append(
            {"event_type": event_type, "session_id": SERVER_SESSION, "occurred_at": timezone.now(), **facts}
        )
        if self.writes_itself and self._pid != os.getpid():
            self._start()
        self._wanted.set()

    def _start(self) -> None:
        """Where the first fact is noted: a forked process inherits the notebook but not its thread."""
        with self._starting:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            atexit.register(self.write_down_and_leave)
            Finalize(self, self.write_down_and_leave, exitpriority=100)  # children of multiprocessing know no `atexit`
            threading.Thread(target=self._run, name="telemetry", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            threading.Event().wait(PAUSE_SECONDS)  # what comes meanwhile is written together with it
            self.write_down_and_leave()

    def write_down_and_leave(self) -> None:
        """In a thread of one's own, or at the end of everything."""
        try:
            self.write_down()
        finally:
            connection.close()

    def forget(self) -> None:
        self._waiting.clear()

    def write_down(self) -> None:
        """All that waits. What the database would not take is kept for the next time."""
        with self._writing:
            while some := list(islice(self._waiting, AT_ONCE)):
                try:
                    writing.write_theirs(some)
                except Error as error:
                    log.warning("telemetry_waits", waiting=len(self._waiting), error=type(error).__name__)
                    return
                for _ in some:
                    self._waiting.popleft()


notebook = Notebook()
