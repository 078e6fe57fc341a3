"""Runs one command beside a private database and Redis, and ends with its exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from marketplace.local.arrangements import REPOSITORY
from marketplace.local.console import Console
from marketplace.local.environment import given, local_additions
from marketplace.local.errors import LocalError, StopRequested
from marketplace.local.lock import RootLock
from marketplace.local.process import Command
from marketplace.local.services import start_services, stop_what_was_left
from marketplace.local.stage import Child, Stage


def execute(root: Path, argv: tuple[str, ...], *, fast: bool) -> int:
    environment = given(REPOSITORY, os.environ)
    console = Console(sys.stderr)  # the command's own output stays clean
    with RootLock(root, serving=""), Stage(run=root / "run", console=console) as stage:
        try:
            stop_what_was_left(stage, root)
            full = {**environment, **local_additions(root, environment)}
            full |= start_services(stage, root, environment, fast=fast)
            return _end_of(stage, _start(stage, argv, full))
        except StopRequested:
            return 128 + stage.requests[0]


def _start(stage: Stage, argv: tuple[str, ...], environment: dict[str, str]) -> Child:
    command = Command(name="command", argv=argv, environment=environment, directory=Path.cwd(), inherits_output=True)
    try:
        return stage.start(command)
    except OSError as error:
        raise LocalError(f"Cannot run {argv[0]}: {error.strerror}") from None


def _end_of(stage: Stage, child: Child) -> int:
    """Signals are the command's to judge: it stops, or it does not, and we stop after it."""
    told = 0
    while not child.has_ended:
        stage.turn()
        for number in stage.requests[told:]:
            child.send(number)
            told += 1
    code = child.process.returncode
    return code if code >= 0 else 128 - code
