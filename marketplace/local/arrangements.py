"""The product's processes: one web process on one port, or a proxy before two kinds of them.

Started in this order and stopped in the reverse: first the clock, then the work, then the door.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from marketplace.local.environment import number, process_environment, trusted_proxies
from marketplace.local.process import Command

REPOSITORY = Path(__file__).resolve().parents[2]
UVICORN_LOGGING = Path(__file__).with_name("uvicorn_logging.json")  # nothing: settings alone decide about logs
FRAME_BYTES = 65_536
GRACEFUL_SECONDS = 20
WAITING_FOR_EACH_THREAD = 16  # requests; as in deploy/entrypoint.sh
CELERY = ("-m", "celery", "--quiet", "-A", "marketplace")


@dataclass(frozen=True)
class Arrangement:
    """The doors come first, so that a page can be seen while the helpers are still starting."""

    doors: tuple[Command, ...]
    helpers: tuple[Command, ...]


def small(environment: Mapping[str, str], host: str, port: int) -> Arrangement:
    web = sockets_and_http(environment, "web", host, port)
    return Arrangement((web,), (worker(environment), timer(environment)))


def grown(environment: Mapping[str, str], *, http_port: int, sockets_port: int, front: Command) -> Arrangement:
    behind = {**environment, "TRUSTED_PROXIES": ",".join([*trusted_proxies(environment), "127.0.0.1/32"])}
    sockets = sockets_and_http(behind, "sockets", "127.0.0.1", sockets_port)
    return Arrangement((http(behind, http_port), sockets, front), (worker(behind), timer(behind)))


def prepare(environment: Mapping[str, str]) -> Command:
    return _python(environment, "prepare", "manage.py", "prepare")


def sockets_and_http(environment: Mapping[str, str], name: str, host: str, port: int) -> Command:
    options = {
        "--host": host,
        "--port": port,
        "--ws": "marketplace.socket_server:SocketProtocol",
        "--ws-max-size": FRAME_BYTES,
        "--ws-ping-interval": 25,
        "--ws-ping-timeout": 20,
        "--ws-per-message-deflate": "false",  # it would be paid for each recipient, and three quarters of the memory
        "--timeout-graceful-shutdown": GRACEFUL_SECONDS,
        "--log-config": UVICORN_LOGGING,
    }
    flags = ("--no-proxy-headers", "--no-server-header", "--no-access-log")
    return _python(environment, name, "-m", "uvicorn", "marketplace.asgi:application", *_words(options), *flags)


def http(environment: Mapping[str, str], port: int) -> Command:
    threads = number(environment, "WEB_THREADS", 8)
    options = {
        "--interface": "wsgi",
        "--host": "127.0.0.1",
        "--port": port,
        "--workers": 1,  # its log file has one writer; more of them is what replicas are for
        "--blocking-threads": threads,
        "--backpressure": threads * WAITING_FOR_EACH_THREAD,
        "--workers-kill-timeout": GRACEFUL_SECONDS,
    }
    arguments = ("marketplace.wsgi:application", *_words(options), "--no-ws", "--respawn-failed-workers")
    return _python({**environment, "WEB_THREADS": str(threads)}, "http", "-m", "granian", *arguments)


def worker(environment: Mapping[str, str]) -> Command:
    """Orphaned, it has lost its Redis as well and would wait for it for ever; an unfinished task is done again."""
    options = ("--loglevel=INFO", "--pool=threads", "--concurrency=4", "--without-mingle", "--without-gossip")
    command = _python(environment, "worker", *CELERY, "worker", *options)
    return replace(command, orphaned_with=signal.SIGKILL)


def timer(environment: Mapping[str, str]) -> Command:
    """Without a pid file: one that a crash left behind would keep the next timer from starting."""
    return _python(environment, "timer", *CELERY, "beat", "--loglevel=INFO", "--pidfile=")


def _python(environment: Mapping[str, str], name: str, *arguments: str) -> Command:
    return Command(
        name=name,
        argv=(sys.executable, *arguments),
        environment=process_environment(environment, name),
        directory=REPOSITORY,
        grace_seconds=GRACEFUL_SECONDS + 5.0,
    )


def _words(options: Mapping[str, object]) -> list[str]:
    return [str(word) for option in options.items() for word in option]
