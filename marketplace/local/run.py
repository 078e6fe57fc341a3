"""`make run`: everything in the foreground, from an empty directory to a site that answers."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from marketplace.local import arrangements, nginx
from marketplace.local.arrangements import Arrangement
from marketplace.local.console import Console
from marketplace.local.environment import address, given, local_additions
from marketplace.local.errors import StopRequested
from marketplace.local.health import Health, public_url
from marketplace.local.identity import service_identity
from marketplace.local.keeper import Keeper
from marketplace.local.lock import RootLock
from marketplace.local.places import data_directory
from marketplace.local.ports import free_port, refuse_taken_port
from marketplace.local.services import start_services, stop_what_was_left
from marketplace.local.stage import Stage

DOORS_FIRST_SECONDS = 15.0


def run(root: Path, *, is_grown: bool) -> int:
    console = Console(sys.stdout)
    environment = given(arrangements.REPOSITORY, os.environ)
    url = public_url(environment, address(environment)[1])
    with RootLock(root, serving=f" at {url}"), Stage(run=root / "run", console=console) as stage:
        try:
            _serve(stage, root, environment, is_grown=is_grown)
        except StopRequested:
            console.say("stopping; press Ctrl-C again to hurry")
    console.say("stopped")
    return 0


def _serve(stage: Stage, root: Path, environment: Mapping[str, str], *, is_grown: bool) -> None:
    began = time.monotonic()
    host, port = address(environment)
    stop_what_was_left(stage, root)
    refuse_taken_port(host, port)
    full = {**environment, **local_additions(root, environment), **_colours(stage.console)}
    full |= start_services(stage, root, environment, fast=False)
    arrangement = _grown(stage, root, full, host, port) if is_grown else arrangements.small(full, host, port)
    stage.run_to_end(arrangements.prepare(full))
    refuse_taken_port(host, port)  # again: preparing may have taken a while
    keeper = Keeper(stage)
    _open(stage, keeper, arrangement, Health(host, port, url := public_url(environment, port)))
    stage.console.say(f"ready after {time.monotonic() - began:.1f} s: {url}   (Ctrl-C stops it)")
    stage.wait(lambda: not keeper.look_after(), math.inf)


def _open(stage: Stage, keeper: Keeper, arrangement: Arrangement, health: Health) -> None:
    """Until `/health` answers; the helpers do not wait longer than a moment for that."""
    keeper.start(arrangement.doors)
    is_open = stage.wait(lambda: keeper.look_after() and health.is_good(), DOORS_FIRST_SECONDS)
    keeper.start(arrangement.helpers)
    if not is_open:
        stage.wait(lambda: keeper.look_after() and health.is_good(), math.inf)


def _grown(stage: Stage, root: Path, environment: Mapping[str, str], host: str, port: int) -> Arrangement:
    owner = service_identity()
    state = data_directory(root, "nginx", owner, stage.console.say)
    http_port, sockets_port = free_port(), free_port()
    listen = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    front = nginx.front(root, state, owner, environment, listen=listen, http_port=http_port, sockets_port=sockets_port)
    return arrangements.grown(environment, http_port=http_port, sockets_port=sockets_port, front=front)


def _colours(console: Console) -> dict[str, str]:
    return {"FORCE_COLOR": "1"} if console.colours else {}
