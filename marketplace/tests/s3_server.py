"""A real S3 server for tests: OpenStack Swift's s3api, one replica of everything, in one process on loopback.

It checks Signature Version 4, presigned or not, down to every signed header. The well-known S3 mocks accept any
signature, so a test that passes on them says nothing about who may upload what.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 30


@dataclass(frozen=True)
class S3Server:
    endpoint: str
    access_key: str = "market:tester"
    secret_key: str = "a-secret-of-the-tests"
    region: str = "us-east-1"


@contextmanager
def running_s3_server() -> Iterator[S3Server]:
    with (
        tempfile.TemporaryDirectory(prefix="s3-", dir=_folder_with_xattrs()) as directory,
        _process(Path(directory)) as process,
    ):
        try:
            yield S3Server(endpoint=_wait_for_endpoint(Path(directory), process))
        finally:
            process.kill()


def _folder_with_xattrs() -> Path:
    """The server keeps metadata in extended attributes, which a memory file system may not have."""
    candidates = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd()]
    return next(folder for folder in candidates if _has_xattrs(folder))


def _has_xattrs(folder: Path) -> bool:
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            os.setxattr(file.name, "user.test", b"x")
    except OSError:
        return False
    return True


def _process(directory: Path) -> subprocess.Popen[bytes]:
    program = Path(__file__).with_name("s3_server_process.py")
    with (directory / "log").open("wb") as log:
        return subprocess.Popen([sys.executable, str(program), str(directory)], stdout=log, stderr=log)


def _wait_for_endpoint(directory: Path, process: subprocess.Popen[bytes]) -> str:
    ready = directory / "ready.json"
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the S3 server for the tests did not start: {(directory / 'log').read_text()}")
        time.sleep(0.05)
    endpoint: str = json.loads(ready.read_text())["endpoint"]
    return endpoint
