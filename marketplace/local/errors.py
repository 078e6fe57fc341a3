"""What ends a local run: a problem the reader can solve, or their wish to stop."""

from __future__ import annotations


class LocalError(Exception):
    """Shown as it is, without a traceback: it says what is wrong and what to do."""


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or a closed terminal arrived while something was being waited for."""
