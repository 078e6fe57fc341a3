"""People who are gone are told to be gone soon."""

from __future__ import annotations

import pytest

from chat.realtime import presence


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.2)
