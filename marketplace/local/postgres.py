"""The private PostgreSQL: found, initialised once, started on a socket of its own, asked until it answers."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from marketplace.local.errors import LocalError
from marketplace.local.identity import Identity, private_file
from marketplace.local.memory import memory_settings
from marketplace.local.postgres_binaries import find_binaries
from marketplace.local.process import Command

ROLE = DATABASE = "campus"
PORT = 5432  # only names the socket: nothing listens on the network
CLEAN = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "100",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %a ",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    binaries: Path
    directory: Path
    sockets: Path
    owner: Identity

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def password(self) -> str:
        return (self.directory / "password").read_text()

    @property
    def environment(self) -> dict[str, str]:
        """PGHOST says once more what the URL says: not every reader of URLs understands a socket's path."""
        query = f"host={quote(str(self.sockets))}"
        url = f"postgresql://{ROLE}:{self.password}@:{PORT}/{DATABASE}?{query}"
        return {"DATABASE_URL": url, "PGHOST": str(self.sockets)}

    def command(self, log: Path, *, fast: bool) -> Command:
        settings = {
            **SETTINGS,
            **memory_settings(),
            **(FAST if fast else {}),
            "unix_socket_directories": str(self.sockets),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            argv=(str(self.binaries / "postgres"), "-D", str(self.data), *options),
            environment=CLEAN,
            directory=Path("/"),
            stop_with=signal.SIGINT,  # "fast": open transactions are rolled back, what was committed stays
            orphaned_with=signal.SIGINT,
            grace_seconds=60.0,
            run_as=self.owner,
            log=log,
        )

    def is_ready(self) -> bool:
        """False also while it recovers from a crash; a refusal for any other reason is told."""
        try:
            self._connect().close()
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise LocalError(f"The password in {self.directory}/password does not open its database") from None
            return False
        return True

    def create_database(self) -> None:
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not known:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            user=ROLE,
            password=self.password,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )


def prepare_postgres(directory: Path, sockets: Path, owner: Identity) -> Postgres:
    version = directory / "data" / "PG_VERSION"
    major = int(version.read_text()) if version.exists() else None
    postgres = Postgres(find_binaries(major), directory, sockets, owner)
    if major is None:
        _initialise(postgres)
    return postgres


def _initialise(postgres: Postgres) -> None:
    """Into a draft that becomes the data directory at the very end: an interrupted start begins anew."""
    draft = postgres.directory / "data.draft"
    shutil.rmtree(draft, ignore_errors=True)
    private_file(postgres.directory / "password", secrets.token_urlsafe(32), postgres.owner)
    argv = [
        str(postgres.binaries / "initdb"),
        f"--pgdata={draft}",
        f"--username={ROLE}",
        f"--pwfile={postgres.directory / 'password'}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
    ]
    done = subprocess.run(  # noqa: S603  (our own words, no shell)
        argv, cwd="/", env=CLEAN, capture_output=True, text=True, check=False, **postgres.owner.popen
    )
    if done.returncode != 0:
        raise LocalError(f"initdb failed:\n{done.stdout}{done.stderr}")
    draft.rename(postgres.data)
