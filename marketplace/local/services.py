"""The private database and Redis: whichever of the two the environment does not already name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from marketplace.local import leftovers
from marketplace.local.environment import wants_postgres, wants_redis
from marketplace.local.errors import LocalError
from marketplace.local.identity import service_identity
from marketplace.local.lock import hold
from marketplace.local.orphans import clear_data_directory
from marketplace.local.places import data_directory, socket_directory
from marketplace.local.postgres import prepare_postgres
from marketplace.local.redis import prepare_redis
from marketplace.local.stage import Child, Stage

RECOVERY_SECONDS = 600.0


def stop_what_was_left(stage: Stage, root: Path) -> None:
    for name in leftovers.stop_leftovers(root / "run"):
        stage.console.say(f"stopped '{name}', left by a run that was killed")


def start_services(stage: Stage, root: Path, environment: Mapping[str, str], *, fast: bool) -> dict[str, str]:
    """Starts what is needed and answers the environment that leads to it."""
    found: dict[str, str] = {}
    if wants_postgres(environment):
        found |= _start_postgres(stage, root, fast=fast)
    if wants_redis(environment):
        found |= _start_redis(stage, root)
    return found


def _start_postgres(stage: Stage, root: Path, *, fast: bool) -> dict[str, str]:
    owner = service_identity()
    directory = data_directory(root, "postgres", owner, stage.console.say)
    hold(directory)
    sockets = socket_directory(root, owner)
    if clear_data_directory(directory / "data", sockets):
        stage.console.say("stopped a PostgreSQL that was still at work in our data")
    postgres = prepare_postgres(directory, sockets, owner)
    log = root / "log" / "postgres.log"
    _wait_for(stage, stage.start(postgres.command(log, fast=fast)), postgres.is_ready, log)
    postgres.create_database()
    return postgres.environment


def _start_redis(stage: Stage, root: Path) -> dict[str, str]:
    owner = service_identity()
    directory = data_directory(root, "redis", owner, stage.console.say)
    hold(directory)
    redis = prepare_redis(directory, owner)
    log = root / "log" / "redis.log"
    _wait_for(stage, stage.start(redis.command(log)), redis.is_ready, log)
    return {"REDIS_URL": redis.url}


def _wait_for(stage: Stage, child: Child, ready: Callable[[], bool], log: Path) -> None:
    answered = stage.wait(lambda: child.has_ended or ready(), RECOVERY_SECONDS)
    if not answered or child.has_ended:
        raise LocalError(f"{child.name} did not start; see {log}")
