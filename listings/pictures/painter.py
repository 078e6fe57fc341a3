"""Has pictures rendered by a process of its own (`child.py`), one at a time, and replaces that process when it dies.

Decoders are large programs in C that read bytes from strangers: one that crashes, hangs or eats memory takes down a
process that holds no database, no keys and nothing else's work.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from listings.pictures.decode import NotAPicture
from listings.pictures.render import Rendered

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 30.0
PICTURES_PER_CHILD = 200  # whatever leaks in a decoder goes with its process
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"}


class PainterLost(Exception):
    """The process died of this picture, or did not answer in time."""


class RenderFailed(Exception):
    """Something of ours went wrong; the picture may be fine."""


class Painter:
    def __init__(self, command: Sequence[str] = (sys.executable, "-m", "listings.pictures.child")) -> None:
        self._command = list(command)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._done = 0

    def render(
        self,
        original: Path,
        folder: Path,
        *,
        extension: str,
        sizes: Sequence[int],
        timeout: float = TIMEOUT_SECONDS,
    ) -> Rendered:
        order = {"original": str(original), "folder": str(folder), "extension": extension, "sizes": list(sizes)}
        return Rendered(**self._answer(order, timeout)["facts"])

    def preview(
        self, original: Path, folder: Path, *, pixels: int, timeout: float = TIMEOUT_SECONDS
    ) -> tuple[int, int]:
        """Writes one small version, and says how large the original is."""
        order = {"original": str(original), "folder": str(folder), "pixels": pixels}
        width, height = self._answer(order, timeout)["size"]
        return width, height

    def clean(self, original: Path, folder: Path, *, name: str, timeout: float = TIMEOUT_SECONDS) -> None:
        """Writes the same picture, of the same kind, without what was written beside it."""
        self._answer({"original": str(original), "folder": str(folder), "clean": name}, timeout)

    def _answer(self, order: dict[str, Any], timeout: float) -> dict[str, Any]:
        with self._lock:
            answer = self._ask(json.dumps(order).encode() + b"\n", timeout)
        if "trouble" in answer:
            raise NotAPicture(answer["trouble"])
        if "failure" in answer:
            raise RenderFailed(answer["failure"])
        return answer

    def close(self) -> None:
        """Kills the process; the next picture starts another."""
        child, self._child = self._child, None
        if child is None or self._pid != os.getpid():
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                _open(pipe).close()

    def _ask(self, order: bytes, timeout: float) -> dict[str, Any]:
        child = self._living()
        stdin, stdout = _open(child.stdin), _open(child.stdout)
        line = b""
        with suppress(OSError):
            stdin.write(order)
            stdin.flush()
            if select.select([stdout], [], [], timeout)[0]:
                line = stdout.readline()
        if not line.endswith(b"\n"):
            self.close()
            raise PainterLost("the decoder died or took too long")
        self._done += 1
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _living(self) -> subprocess.Popen[bytes]:
        if self._done >= PICTURES_PER_CHILD:
            self.close()
        if self._child is None or self._pid != os.getpid():  # a fork inherits the object, not the process
            self._pid, self._done = os.getpid(), 0
            self._child = subprocess.Popen(  # noqa: S603  (a command of ours)
                self._command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._child


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


painter = Painter()
atexit.register(painter.close)
