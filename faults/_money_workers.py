"""The drill's side of `_money_worker.py`: workers started in milliseconds, and what became of them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from _stack import ENVIRONMENT, LOG, ROOT

FREEZE_SECONDS = 30.0


class Workers:
    def __init__(self) -> None:
        command = [sys.executable, str(ROOT / "faults" / "_money_worker.py")]
        environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT), "PROCESS_NAME": "money-worker", "DB_POOL_MIN": "1"}
        with (LOG / "money-workers.out").open("ab") as out:
            self._mother = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, cwd=ROOT, env=environment, text=True
            )

    def start(self, number: int = 0, point: str = "", kind: str = "") -> int:
        """One that sends itself this signal at this point of a request of this kind; without one, a healthy one."""
        return self._ask(f"start,{int(number)},{point},{kind}")

    def ended_with(self, pid: int) -> int:
        """Waits for its end."""
        return self._ask(f"end,{pid}")

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.ended_with(pid)

    @contextlib.contextmanager
    def one_healthy(self) -> Iterator[None]:
        pid = self.start()
        try:
            yield
        finally:
            self.kill(pid)

    def _ask(self, line: str) -> int:
        """Whatever else is written there is no number."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(f"{line}\n")
        self._mother.stdin.flush()
        for said in self._mother.stdout:
            if said.strip().isdigit():
                return int(said)
        raise SystemExit(f"the workers ended; see {LOG}")

    def close(self) -> None:
        self._mother.kill()
        self._mother.wait()


def until_frozen(pid: int) -> None:
    deadline = time.monotonic() + FREEZE_SECONDS
    while time.monotonic() < deadline:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "T":
                return
        time.sleep(0.01)
    raise SystemExit("the worker did not freeze")
