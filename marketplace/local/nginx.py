"""The proxy of the grown arrangement, from the same template that the containers use."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from string import Template

from marketplace.local.arrangements import GRACEFUL_SECONDS, REPOSITORY
from marketplace.local.errors import LocalError
from marketplace.local.identity import Identity
from marketplace.local.process import Command

TEMPLATE = REPOSITORY / "deploy" / "nginx.conf.template"


def front(root: Path, state: Path, owner: Identity, *, listen: str, http_port: int, sockets_port: int) -> Command:
    binary = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
    if not binary:
        raise LocalError("The grown arrangement needs nginx. Install nginx-light, or use: docker compose up")
    values = {
        "NGINX_USER": owner.name,
        "NGINX_STATE": str(state),
        "NGINX_LISTEN": listen,
        "NGINX_HTTP": f"127.0.0.1:{http_port}",
        "NGINX_SOCKETS": f"127.0.0.1:{sockets_port}",
    }
    configuration = state / "nginx.conf"
    configuration.write_text(Template(TEMPLATE.read_text()).safe_substitute(values))
    return Command(
        name="front",
        argv=(binary, "-e", "stderr", "-p", str(state), "-c", str(configuration), "-g", "daemon off;"),
        environment={"LANG": "C.UTF-8"},
        directory=Path("/"),
        stop_with=signal.SIGQUIT,  # "graceful": open requests are answered first
        grace_seconds=GRACEFUL_SECONDS + 5.0,
        log=root / "log" / "nginx.log",
    )
