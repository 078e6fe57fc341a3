"""The proxy of the grown arrangement, from the same template that the containers use."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from string import Template

from marketplace.local.arrangements import GRACEFUL_SECONDS, REPOSITORY
from marketplace.local.environment import number, trusted_proxies
from marketplace.local.errors import LocalError
from marketplace.local.identity import Identity
from marketplace.local.process import Command

TEMPLATE = REPOSITORY / "deploy" / "nginx.conf.template"
ENVELOPE = 65_536  # what multipart adds around a file


def front(
    root: Path,
    state: Path,
    owner: Identity,
    environment: Mapping[str, str],
    *,
    listen: str,
    http_port: int,
    sockets_port: int,
) -> Command:
    binary = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
    if not binary:
        raise LocalError("The grown arrangement needs nginx. Install nginx-light, or use: docker compose up")
    values = {
        "NGINX_USER": owner.name,
        "NGINX_STATE": str(state),
        "NGINX_LISTEN": listen,
        "NGINX_HTTP": f"127.0.0.1:{http_port}",
        "NGINX_SOCKETS": f"127.0.0.1:{sockets_port}",
        **body_sizes(environment),
        "NGINX_PROXIES": proxies(environment),
    }
    configuration = state / "nginx.conf"
    configuration.write_text(filled_in(values))
    return Command(
        name="front",
        argv=(binary, "-e", "stderr", "-p", str(state), "-c", str(configuration), "-g", "daemon off;"),
        environment={"LANG": "C.UTF-8"},
        directory=Path("/"),
        stop_with=signal.SIGQUIT,  # "graceful": open requests are answered first
        grace_seconds=GRACEFUL_SECONDS + 5.0,
        log=root / "log" / "nginx.log",
    )


def filled_in(values: Mapping[str, str]) -> str:
    return Template(TEMPLATE.read_text()).safe_substitute(values)


def body_sizes(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "NGINX_BODY_BYTES": str(number(environment, "BODY_LIMIT_BYTES", 1_048_576)),
        "NGINX_TELEMETRY_BYTES": str(number(environment, "TELEMETRY_BODY_BYTES", 3_145_728)),
        "NGINX_UPLOAD_BYTES": str(number(environment, "UPLOAD_MAX_BYTES", 52_428_800) + ENVELOPE),
    }


def proxies(environment: Mapping[str, str]) -> str:
    """Whose X-Forwarded-Proto is passed on, as nginx writes it."""
    return " ".join(f"{address} 1;" for address in trusted_proxies(environment))
