"""What drills share: real processes of the product on free ports, started and killed by pid, and a tally."""

from __future__ import annotations

import contextlib
import copy
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).resolve().parent.parent
SHORT = bool(os.environ.get("SHORT"))
LOG = ROOT / "var" / "faults" / "log"

ENVIRONMENT = {
    **os.environ,
    "APP_ENV": "local",
    "SECRET_KEY": os.environ.get("SECRET_KEY", secrets.token_urlsafe(48)),
    "JWT_SECRET": os.environ.get("JWT_SECRET", secrets.token_urlsafe(48)),
    "VAR_DIR": str(ROOT / "var" / "faults"),
    "DEMO_DATA": "off",
    "PYTHONUNBUFFERED": "1",
}


def size(full: int, short: int) -> int:
    return short if SHORT else full


def prepare() -> None:
    LOG.mkdir(parents=True, exist_ok=True)
    with (LOG / "prepare.out").open("ab") as out:
        command = [sys.executable, "manage.py", "prepare"]
        subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, stdout=out, stderr=out, check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """One process group of the product; `kill` is kill -9 of all of it."""

    def __init__(self, name: str, command: Sequence[str], **environment: str) -> None:
        self.name, self._command = name, list(command)
        self._environment = {**ENVIRONMENT, "PROCESS_NAME": name, **environment}
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        out = (LOG / f"{self.name}.out").open("ab")
        self.popen = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=out, stderr=out, start_new_session=True
        )
        out.close()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    def stop(self) -> None:
        self.signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        if self.popen is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(30)
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()
        self.popen = None


class Web(Process):
    def __init__(self, *, workers: int = 1, log_level: str = "warning", **environment: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "uvicorn", "marketplace.asgi:application", "--port", str(self.port)]
        command += ["--ws", "marketplace.socket_server:SocketProtocol", "--ws-max-size", "65536"]
        command += ["--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "20"]
        command += ["--ws-ping-interval", "25", "--ws-ping-timeout", "20"]
        command += ["--workers", str(workers), "--no-proxy-headers", "--no-access-log", "--log-level", log_level]
        super().__init__(f"web-{self.port}", command, **environment)

    def start(self) -> None:
        super().start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(URLError, OSError), urllib.request.urlopen(f"{self.address}/health", timeout=5):
                return
            time.sleep(0.1)
        raise SystemExit(f"{self.name} did not start; see {LOG}")


class Worker(Process):
    def __init__(self, name: str = "worker", *, queue: str = "", **environment: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "marketplace", "worker", "--pool", "threads"]
        command += ["--concurrency", "2", "--without-mingle", "--without-gossip", "--loglevel", "WARNING"]
        command += ["--queues", queue] if queue else []
        super().__init__(name, command, **environment)


@contextlib.contextmanager
def running(*processes: Process) -> Iterator[None]:
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in reversed(processes):
            process.stop()


class Tally:
    """Prints each finding and remembers whether one was not as promised."""

    def __init__(self, title: str) -> None:
        print(f"{title}{' (short form)' if SHORT else ''}")
        self._failed = 0
        self._kept: list[str] | None = None

    def expect(self, what: str, seen: object, wanted: object) -> None:
        right = seen == wanted
        self._failed += not right
        self._say(f"  {'✓' if right else '✗'} {what}: {seen}" + ("" if right else f"  (wanted {wanted})"))

    def note(self, text: str) -> None:
        self._say(f"    {text}")

    def _say(self, text: str) -> None:
        if self._kept is None:
            print(text, flush=True)
        else:
            self._kept.append(text)

    @contextlib.contextmanager
    def aside(self) -> Iterator[Tally]:
        """For what goes on beside other things: it is told in one piece, once it is over."""
        beside = copy.copy(self)
        beside._failed, beside._kept = 0, []
        try:
            yield beside
        finally:
            self._failed += beside._failed
            for text in beside._kept:
                self._say(text)

    def finish(self) -> None:
        raise SystemExit(1 if self._failed else 0)
