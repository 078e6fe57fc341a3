"""Keeps children alive: one that dies is started again, later each time; one that keeps dying ends the run."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.local.errors import LocalError
from marketplace.local.process import Command
from marketplace.local.stage import Child, Stage

QUICK_SECONDS = 10.0
QUICK_DEATHS = 5
LONGEST_PAUSE = 8.0


@dataclass
class Kept:
    child: Child
    quick_deaths: int = 0
    again_at: float | None = None

    def note_death(self) -> float:
        """Seconds until the next try."""
        was_quick = time.monotonic() - self.child.since < QUICK_SECONDS
        self.quick_deaths = self.quick_deaths + 1 if was_quick else 1
        pause: float = min(0.5 * 2 ** (self.quick_deaths - 1), LONGEST_PAUSE)
        self.again_at = time.monotonic() + pause
        return pause


class Keeper:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._kept = [Kept(child) for child in stage.children]  # the private services too

    def start(self, commands: Iterable[Command]) -> None:
        self._kept += [Kept(self._stage.start(command)) for command in commands]

    def look_after(self) -> bool:
        """Always true, so that it can be said in a condition: everyone is looked after, `and` …"""
        for kept in self._kept:
            if kept.again_at is not None:
                self._try_again(kept, kept.again_at)
            elif kept.child.has_ended:
                self._mourn(kept)
        return True

    def _mourn(self, kept: Kept) -> None:
        command, code = kept.child.command, kept.child.process.returncode
        pause = kept.note_death()
        told = f"'{command.name}' ended unexpectedly (exit code {code}; its words: {command.log or 'above'})"
        if kept.quick_deaths >= QUICK_DEATHS:
            raise LocalError(f"{told} {QUICK_DEATHS} times in a row; giving up")
        self._stage.console.say(f"{told}; starting it again in {pause:g} s")

    def _try_again(self, kept: Kept, at: float) -> None:
        if time.monotonic() >= at:
            kept.child = self._stage.replace(kept.child)
            kept.again_at = None
