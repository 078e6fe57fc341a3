"""The private services, with real processes: they serve, they leave with us, and they lose nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketplace.local.environment import read_dotenv
from marketplace.local.leftovers import born
from marketplace.local.orphans import inhabitants

NOT_GIVEN = {"DATABASE_URL": "", "DB_HOST": "", "REDIS_URL": "", "APP_ENV": "local"}
SERVED = """
import json, os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    database.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
    database.execute("INSERT INTO kept VALUES ('still here')")
    words = database.execute("SELECT count(*) FROM kept").fetchone()[0]
    address = database.execute("SHOW listen_addresses").fetchone()[0]
answers = redis.from_url(os.environ["REDIS_URL"]).ping()
print(json.dumps({"words": words, "address": address, "redis": answers}), flush=True)
"""
SERVED_AND_GONE = f"{SERVED}\nraise SystemExit(7)"
SERVED_AND_WAITING = f"{SERVED}\nimport time; time.sleep(600)"


def local(*words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "marketplace.local", *words],
        env={**os.environ, **NOT_GIVEN, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def execute(root: Path, script: str) -> subprocess.Popen[str]:
    return local("exec", "--root", str(root), "--", sys.executable, "-c", script)


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def words_after(root: Path) -> int:
    """How many words the database has after one more run."""
    code, out, _ = finished(execute(root, SERVED_AND_GONE))
    assert code == 7
    words: int = json.loads(out)["words"]
    return words


@dataclass
class Running:
    process: subprocess.Popen[str]
    words: int


@contextlib.contextmanager
def running(root: Path) -> Iterator[Running]:
    process = execute(root, SERVED_AND_WAITING)
    assert process.stdout is not None
    try:
        yield Running(process, json.loads(process.stdout.readline())["words"])
    finally:
        process.terminate()
        process.communicate(timeout=30)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def recorded(root: Path, name: str) -> int:
    pid: int = json.loads((root / "run" / f"{name}.pid").read_text())["pid"]
    return pid


def everyone(root: Path) -> list[int]:
    return [recorded(root, name) for name in ("postgres", "redis", "command")]


@contextlib.contextmanager
def new_root(mode: int) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="local-stack-"))
    directory.chmod(mode)
    yield directory / "var"
    finished(local("remove", "--root", str(directory / "var")))
    assert not list(directory.iterdir())
    directory.rmdir()


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """Where the user that runs the services may not go, as in a home directory or a build's clone."""
    with new_root(0o700) as path:
        yield path


@pytest.fixture(scope="module")
def neighbour() -> Iterator[Path]:
    """Another root, in use all the time: what happens in the first one must not disturb it."""
    with new_root(0o755) as path, running(path):
        yield path
        assert all(born(pid) for pid in everyone(path))


def test_a_command_is_served_its_exit_code_is_kept_and_nothing_stays_behind(root: Path, neighbour: Path) -> None:
    code, out, err = finished(execute(root, SERVED_AND_GONE))

    answer = json.loads(out)
    assert (code, answer["address"], answer["redis"]) == (7, "", True)
    assert "Traceback" not in err
    assert not list(inhabitants(root / "postgres" / "data"))
    assert not list((root / "run").glob("*.pid"))


def test_kill_9_leaves_no_process_and_the_next_start_finds_the_data(root: Path, neighbour: Path) -> None:
    with running(root) as before:
        pids = everyone(root)
        before.process.kill()
        assert eventually(lambda: not any(born(pid) for pid in pids))

    assert words_after(root) == before.words + 1


def test_a_start_right_after_kill_9_waits_for_what_is_still_leaving(root: Path) -> None:
    with running(root) as before:
        before.process.kill()

        assert words_after(root) == before.words + 1


def test_a_database_that_crashed_recovers(root: Path) -> None:
    with running(root) as before:
        os.kill(recorded(root, "postgres"), signal.SIGKILL)
        assert eventually(lambda: not list(inhabitants(root / "postgres" / "data")))

    assert words_after(root) == before.words + 1


def test_a_second_run_of_the_same_root_is_refused(neighbour: Path) -> None:
    code, out, err = finished(execute(neighbour, SERVED))

    holder = (neighbour / "run" / "supervisor.lock").read_text()
    assert (code, out, err) == (1, "", f"already running ({holder})\n")


def test_services_run_unprivileged_and_their_files_are_private(neighbour: Path) -> None:
    for name in ("postgres", "redis"):
        owner = Path(f"/proc/{recorded(neighbour, name)}").stat().st_uid
        directory = (neighbour / name).stat()
        assert owner != 0
        assert (directory.st_uid, directory.st_mode & 0o777) == (owner, 0o700)


def test_no_password_is_in_a_process_list(neighbour: Path) -> None:
    said = b"".join(Path(f"/proc/{recorded(neighbour, name)}/cmdline").read_bytes() for name in ("postgres", "redis"))

    assert (neighbour / "postgres" / "password").read_bytes() not in said
    assert b"requirepass" not in said


def test_data_lies_where_the_service_user_can_reach_it(root: Path, neighbour: Path) -> None:
    words_after(root)

    assert (root / "postgres").is_symlink() == (os.geteuid() == 0)
    assert not (neighbour / "postgres").is_symlink()


def test_a_signal_reaches_the_command_and_then_everything_leaves(root: Path) -> None:
    with running(root) as before:
        pids = everyone(root)
        before.process.send_signal(signal.SIGTERM)

        assert before.process.wait(timeout=20) == 128 + signal.SIGTERM
    assert not any(born(pid) for pid in pids)


def test_a_number_that_was_given_to_a_stranger_is_left_alone(root: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        record = {"pid": stranger.pid, "born": "another-boot/1", "stop_with": signal.SIGKILL}
        (root / "run").mkdir(parents=True, exist_ok=True)
        (root / "run" / "web.pid").write_text(json.dumps(record))

        words_after(root)

        assert stranger.poll() is None
        stranger.kill()


def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = finished(local("run", "--root", str(tmp_path), PORT=str(port)))

    assert (code, err) == (1, f"Port {port} is taken by another program. Choose another: PORT=9000 make run\n")
    assert not (tmp_path / "postgres").exists()


def test_given_services_are_used_and_none_is_started(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql+psycopg://somewhere/else", "REDIS_URL": "redis://elsewhere:1/0"}
    script = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    asked = local("exec", "--root", str(tmp_path), "--", sys.executable, "-c", script, **given)

    assert finished(asked) == (0, " ".join(given.values()) + "\n", "")
    assert not (tmp_path / "postgres").exists()


def test_dotenv_understands_what_people_write() -> None:
    text = """
    # a comment
    DB_USER=app
    export DB_PASSWORD = "p#ss word"  # not part of it
    DATABASE_URL=postgresql+psycopg://${DB_USER}:${SECRET}@${DB_HOST}/market
    LITERAL='${DB_USER}'
    BARE=value # and why
    EMPTY=
    not a line
    """

    assert read_dotenv(text, {"SECRET": "from outside", "DB_USER": "real"}) == {
        "DB_USER": "app",
        "DB_PASSWORD": "p#ss word",
        "DATABASE_URL": "postgresql+psycopg://real:from outside@/market",
        "LITERAL": "${DB_USER}",
        "BARE": "value",
        "EMPTY": "",
    }
