"""What tests about notifications start from."""

from __future__ import annotations

import pytest

from accounts.notices import Channel, Kind, kinds


@pytest.fixture
def note(monkeypatch: pytest.MonkeyPatch) -> Kind:
    """A kind as an app above would have it: everywhere by default, nothing mandatory, not urgent."""
    kind = Kind(
        name="test.note",
        label="Notes",
        title="Note about {thing}",
        body="Somebody wrote: {text}",
        channels=frozenset(Channel),
    )
    monkeypatch.setitem(kinds._kinds, kind.name, kind)
    return kind
