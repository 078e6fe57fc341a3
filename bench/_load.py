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
from collections.abc import Iterator, Mapping, Sequence
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


@dataclass(frozen=True)
class Server:
    """One that is up."""

    address: str
    pid: int


@contextmanager
def serving(contenders: list[Contender], **environment: str) -> Iterator[dict[str, str]]:
    """Name -> address; all of them up, and stopped afterwards."""
    with started(contenders, **environment) as servers:
        yield {name: server.address for name, server in servers.items()}


@contextmanager
def started(contenders: list[Contender], **environment: str) -> Iterator[dict[str, Server]]:
    with ExitStack() as stack:
        yield {each.name: stack.enter_context(_server(each, environment)) for each in contenders}


@contextmanager
def _server(contender: Contender, environment: Mapping[str, str]) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [word.format(port=port) for word in contender.command]
    full = {**os.environ, **environment, "RATE_LIMIT": "off", "LOG_LEVEL": "ERROR", "LOG_FILES": "false"}
    process = subprocess.Popen(words, cwd=ROOT, env=full, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process)
        yield Server(f"http://127.0.0.1:{port}", process.pid)
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


def said_by(command: Sequence[str], **environment: str) -> str:
    full = {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=full)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]}: {done.stderr[-2_000:]}")
    return done.stdout


def number_in(said: str, pattern: str) -> float:
    found = re.search(pattern, said)
    assert found is not None, said
    return float(found[1])


def wrk(
    address: str,
    *flags: str,
    seconds: int,
    headers: Mapping[str, str],
    arguments: Sequence[str] = (),
    connections: int = CONNECTIONS,
) -> float:
    """Requests a second; anything but a 2xx ends the measurement."""
    named = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    load = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *flags, *named, address]
    said = said_by([*load, "--", *arguments] if arguments else load)
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"{address}: {said}")
    return number_in(said, r"Requests/sec:\s+([\d.]+)")


def pgbench(url: str, *scripts: Path, seconds: int, options: str = "") -> float:
    """Transactions a second, with prepared statements. `options` are PostgreSQL's own."""
    files = [word for script in scripts for word in ("-f", str(script))]
    # Debian keeps it beside the server, outside PATH
    program = str(max(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), default="pgbench"))
    load = ["-n", "-M", "prepared", f"-c{CONNECTIONS}", "-j1", f"-T{seconds}"]
    return number_in(said_by([program, *load, *files, url], PGOPTIONS=options), r"tps = ([\d.]+)")


def requests_per_second(url: str, headers: Mapping[str, str]) -> float:
    return wrk(url, seconds=SECONDS, headers=headers)


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
