"""What measurements share: servers side by side, wrk, and ratios of medians from interleaved rounds.

The machine may be busy with other things: absolute figures say nothing, only ratios within one run do.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHORT = bool(os.environ.get("SHORT"))
ROUNDS = 3 if SHORT else 7
SECONDS = 1 if SHORT else 4
CONNECTIONS = 16


@dataclass(frozen=True)
class Contender:
    """A server by its command line; `{port}` is filled in."""

    name: str
    command: tuple[str, ...]


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


@contextmanager
def serving(contenders: list[Contender], **environment: str) -> Iterator[dict[str, str]]:
    """Name -> address; all of them up, and stopped afterwards."""
    with ExitStack() as stack:
        yield {each.name: stack.enter_context(_server(each, environment)) for each in contenders}


@contextmanager
def _server(contender: Contender, environment: Mapping[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [word.format(port=port) for word in contender.command]
    full = {**os.environ, **environment, "RATE_LIMIT": "off", "LOG_LEVEL": "ERROR", "LOG_FILES": "false"}
    process = subprocess.Popen(words, cwd=ROOT, env=full, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise SystemExit(f"{url} did not come up")


def requests_per_second(url: str, headers: Mapping[str, str]) -> float:
    """wrk's figure; anything but a 2xx ends the measurement."""
    flags = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *flags, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{url}: {said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found is not None
    return float(found[1])


def interleaved(addresses: Mapping[str, str], path: str, headers: Mapping[str, str]) -> dict[str, float]:
    """The median of several rounds in which everybody has their turn."""
    seen: dict[str, list[float]] = {name: [] for name in addresses}
    for address in addresses.values():
        requests_per_second(address + path, headers)  # warm up
    for _ in range(ROUNDS):
        for name, address in addresses.items():
            seen[name].append(requests_per_second(address + path, headers))
    return {name: statistics.median(figures) for name, figures in seen.items()}


def table(title: str, rows: Mapping[str, Mapping[str, float]], *, ours: str) -> None:
    names = list(next(iter(rows.values())))
    print(f"\n{title}{' (short form)' if SHORT else ''}")
    print(f"  {'':28}" + "".join(f"{name:>22}" for name in names))
    for label, figures in rows.items():
        cells = "".join(f"{figures[name]:>11.0f}/s {figures[ours] / figures[name]:>6.2f} x " for name in names)
        print(f"  {label:28}{cells}")
    print(f"  (x: how {ours} compares with that column)")
