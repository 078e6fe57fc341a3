"""How far from now a client's clock may be believed. What is beyond is moved to the bound, and marked."""

from __future__ import annotations

EARLIEST = "interval '30 days'"  # a phone may have been without a network for so long
LATEST = "interval '5 minutes'"  # and clocks go a little fast
