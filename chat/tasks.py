"""Worker doors of `chat`."""

from __future__ import annotations

from chat.services import nudging


def tell_what_waits() -> int:
    """For the sweep: it writes rows only, and somebody else does the talking."""
    return nudging.nudge_due()
