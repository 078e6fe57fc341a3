"""What happens to an account happens to its listings."""

from __future__ import annotations

from uuid import UUID

from listings.services import listings
from marketplace.common.outbox import Event, listens_to


@listens_to("person.disabled", "person.enabled")
def follow_the_account(event: Event) -> None:
    """Reads the account as it is now: events may come in any order."""
    listings.follow_account(UUID(event.payload["user_id"]))
