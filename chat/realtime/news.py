"""What `accounts` says of people, passed on to the processes that hold their sockets."""

from __future__ import annotations

from typing import Any

from chat import announcing
from marketplace.common.outbox import Event, listens_to


@listens_to("session.ended", "person.disabled", "person.changed")
def tell_the_hubs(event: Event) -> None:
    """A hint: it may get lost, and then the hubs find out by asking."""
    told = ("user_id", "session_ids", "by")
    facts: dict[str, Any] = {name: event.payload[name] for name in told if name in event.payload}
    announcing.to_hubs({"type": event.kind, **facts})
