"""The stage: children are started on it, listened to, waited for, and leave it in reverse order.

One thread does everything, because a child's death signal follows the thread that started it.
"""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

from marketplace.local import leftovers
from marketplace.local.console import Console, Lines
from marketplace.local.errors import LocalError, StopRequested
from marketplace.local.process import Command, has_ended, open_log, spawn

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECOND_THOUGHT = 1.0  # one Ctrl-C may reach us twice, from the terminal and from make; a hurry comes later
TURN_SECONDS = 0.1


@dataclass
class Child:
    command: Command
    process: subprocess.Popen[bytes]
    since: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def has_ended(self) -> bool:
        return has_ended(self.process)

    def send(self, number: int) -> None:
        if not self.has_ended:
            self.process.send_signal(number)


class Stage:
    def __init__(self, *, run: Path, console: Console) -> None:
        self.console = console
        self.requests: list[int] = []
        self._first_request = self._last_request = 0.0
        self._leaving = False
        self._run = run
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Stage:
        self._run.mkdir(parents=True, exist_ok=True)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # its arrival ends a turn; that is all
        for number in ENDING:
            signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requests.append(number)
        self._last_request = time.monotonic()
        self._first_request = self._first_request or self._last_request

    @property
    def is_asked_to_stop(self) -> bool:
        return bool(self.requests)

    @property
    def is_in_a_hurry(self) -> bool:
        return self._last_request - self._first_request > SECOND_THOUGHT

    def start(self, command: Command) -> Child:
        """Its lines go to the console, to its log, or, for a command of the user's, where ours go."""
        if command.inherits_output:
            child = Child(command, spawn(command, None))
        elif command.log:
            with open_log(command.log) as log:
                child = Child(command, spawn(command, log))
        else:
            child = self._start_listening(command)
        leftovers.remember(self._run, command.name, child.process.pid, command.stop_with)
        self._children.append(child)
        return child

    def _start_listening(self, command: Command) -> Child:
        ours, theirs = os.pipe()
        try:
            child = Child(command, spawn(command, theirs))
        finally:
            os.close(theirs)
        os.set_blocking(ours, False)
        self._selector.register(ours, selectors.EVENT_READ, (command.name, Lines()))
        return child

    def turn(self, seconds: float = TURN_SECONDS) -> None:
        """Shows what was said, for at most so long; a signal or a death ends it early."""
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                self._drain_wakes()
            else:
                self._show(key.fd, *key.data)

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(512):
                pass

    def _show(self, pipe: int, name: str, lines: Lines) -> None:
        chunk = os.read(pipe, 65_536)
        for line in lines.add(chunk) if chunk else lines.last():
            self.console.line(name, line)
        if not chunk:
            self._selector.unregister(pipe)
            os.close(pipe)

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Takes turns until the condition holds; a wish to stop interrupts it, unless we are leaving."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.is_asked_to_stop and not self._leaving:
                raise StopRequested
            if time.monotonic() > deadline:
                return False
            self.turn()
        return True

    def run_to_end(self, command: Command) -> None:
        child = self.start(command)
        self.wait(lambda: child.has_ended, math.inf)
        self.turn(0)
        self.forget(child)
        if child.process.returncode != 0:
            raise LocalError(f"'{command.name}' failed (exit code {child.process.returncode}); its lines are above")

    @property
    def children(self) -> tuple[Child, ...]:
        return tuple(self._children)

    def replace(self, child: Child) -> Child:
        """The same command once more, in the same place of the order of leaving."""
        place = self._children.index(child)
        self._children[place:] = [self.start(child.command), *self._children[place + 1 : -1]]
        return self._children[place]

    def forget(self, child: Child) -> None:
        self._children.remove(child)
        leftovers.forget(self._run, child.name)

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._leaving = True
        for child in reversed(self._children):
            self._stop(child)
            leftovers.forget(self._run, child.name)
        self.turn(0)
        signal.set_wakeup_fd(-1)

    def _stop(self, child: Child) -> None:
        child.send(child.command.stop_with)
        deadline = time.monotonic() + child.command.grace_seconds
        self.wait(lambda: child.has_ended or self._is_impatient_with(child), deadline - time.monotonic())
        if not child.has_ended:
            self.console.say(f"{child.name} does not leave; it is killed")
            child.send(signal.SIGKILL)
            self.wait(lambda: child.has_ended, 5.0)

    def _is_impatient_with(self, child: Child) -> bool:
        """The private database and Redis always get their time: they are quick, and they hold data."""
        return self.is_in_a_hurry and child.command.run_as is None
