"""Times as the Swift client's guide shows them."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """UTC, to the second, without saying so."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
