"""Many processes, one terminal: every line says whose it is."""

from __future__ import annotations

import contextlib
import os
from typing import TextIO

WIDTH = 7
COLOURS = {"web": 36, "http": 36, "sockets": 34, "front": 34, "worker": 33, "timer": 35, "prepare": 32}
OWN = "market"


class Console:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.colours = out.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        label = f"{name:<{WIDTH}}|"
        if self.colours:
            label = f"\x1b[{COLOURS.get(name, 37)}m{label}\x1b[0m"
        self._write(f"{label} {text}\n")

    def say(self, text: str) -> None:
        self.line(OWN, f"\x1b[1m{text}\x1b[0m" if self.colours else text)

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal or the pipe is gone; the processes still have to be stopped
            self._out.write(text)
            self._out.flush()


class Lines:
    """Bytes as they arrive become whole lines."""

    LONGEST = 65_536

    def __init__(self) -> None:
        self._rest = b""

    def add(self, chunk: bytes) -> list[str]:
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > self.LONGEST:
            whole, self._rest = [*whole, self._rest], b""
        return [self._text(line) for line in whole]

    def last(self) -> list[str]:
        rest, self._rest = self._rest, b""
        return [self._text(rest)] if rest else []

    @staticmethod
    def _text(line: bytes) -> str:
        return line.decode(errors="replace").rstrip("\r")
