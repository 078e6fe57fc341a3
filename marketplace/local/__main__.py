"""`python -m marketplace.local run | exec | remove`: see `--help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from marketplace.local.arrangements import REPOSITORY
from marketplace.local.errors import LocalError
from marketplace.local.execute import execute
from marketplace.local.identity import service_identity
from marketplace.local.lock import RootLock
from marketplace.local.places import remove
from marketplace.local.run import run


def main(words: list[str]) -> int:
    asked = _parser().parse_args(words)
    root = (REPOSITORY / asked.root).resolve()
    try:
        return _do(asked, root)
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _do(asked: argparse.Namespace, root: Path) -> int:
    if asked.action == "run":
        return run(root, is_grown=asked.grown)
    if asked.action == "exec":
        return execute(root, tuple(asked.command), fast=asked.fast)
    if root.is_dir():
        with RootLock(root, serving=""):
            remove(root, service_identity())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m marketplace.local", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    running = actions.add_parser("run", help="the whole product, in the foreground")
    running.add_argument("--grown", action="store_true", help="nginx in front of separate HTTP and socket servers")
    executing = actions.add_parser("exec", help="one command beside a private database and Redis")
    executing.add_argument("--fast", action="store_true", help="a database that may be lost, for tests")
    executing.add_argument("command", nargs="+", help="after --")
    removing = actions.add_parser("remove", help="delete a root directory and all its data")
    for action in (running, executing, removing):
        action.add_argument("--root", type=Path, default=Path("var"), help="where data, logs and locks are")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
