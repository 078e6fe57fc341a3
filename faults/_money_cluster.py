"""A PostgreSQL of the drill's own: what falls without a warning is nobody else's.

The same server as `make run` has, as the same user, with everything that keeps a commit switched on.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

from marketplace.local.errors import LocalError
from marketplace.local.identity import service_identity
from marketplace.local.lock import hold
from marketplace.local.orphans import clear_data_directory
from marketplace.local.places import data_directory, socket_directory
from marketplace.local.postgres import prepare_postgres
from marketplace.local.process import spawn

START_SECONDS = 120.0


class Cluster:
    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        owner = service_identity()
        self._sockets = socket_directory(root / "money-sockets", owner)
        directory = data_directory(root, "money", owner, print)
        self._lock = hold(directory)
        clear_data_directory(directory / "data", self._sockets)
        self._postgres = prepare_postgres(directory, self._sockets, owner)
        self._log = root / "log" / "money-postgres.out"
        self._log.parent.mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return self._postgres.environment

    def start(self) -> float:
        """Seconds until it answered."""
        began = time.monotonic()
        with self._log.open("ab") as log:
            self._process = spawn(self._postgres.command(self._log, fast=False), log)
        while not self._postgres.is_ready():
            if self._process.poll() is not None or time.monotonic() - began > START_SECONDS:
                raise LocalError(f"PostgreSQL did not start; see {self._log}")
            time.sleep(0.02)
        took = time.monotonic() - began
        self._postgres.create_database()
        return took

    def fall(self) -> None:
        """What `pg_ctl stop -m immediate` does: every process ends where it is, and the next start recovers."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        self._end(signal.SIGINT)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None
