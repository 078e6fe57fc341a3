"""How much memory the private PostgreSQL is given."""

from __future__ import annotations

import pytest

from marketplace.local.memory import memory_mb, memory_settings


@pytest.mark.parametrize(("total", "own", "trusted"), [(512, 128, 128), (4_096, 512, 1_024), (65_536, 1_024, 16_384)])
def test_an_eighth_within_bounds_and_a_quarter_of_it_is_trusted_to_be_cache(total: int, own: int, trusted: int) -> None:
    assert memory_settings(total) == {"shared_buffers": f"{own}MB", "effective_cache_size": f"{trusted}MB"}


def test_this_machine_has_some() -> None:
    assert memory_mb() > 128
