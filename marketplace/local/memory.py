"""How much of this machine's memory PostgreSQL may count on."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

MEGABYTE = 1_048_576
LEAST_MB, MOST_MB = 128, 1_024
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_settings(total_mb: int | None = None) -> dict[str, str]:
    """An eighth for its own buffers, within bounds; it takes them page by page, so a small site never fills them.

    It trusts the system's cache with a quarter: others live on this machine, too.
    """
    total = memory_mb() if total_mb is None else total_mb
    own = min(max(total // 8, LEAST_MB), MOST_MB)
    return {"shared_buffers": f"{own}MB", "effective_cache_size": f"{max(total // 4, own)}MB"}


def memory_mb() -> int:
    """Of the machine, or of the container that we are in."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # no such file, or "max"
        total = min(total, int(CONTAINER_LIMIT.read_text()))
    return total // MEGABYTE
