"""Somebody has used a feature: an event like any other, said in fewer words."""

from __future__ import annotations

from uuid import UUID

from analytics.services.intake import writing
from analytics.services.intake.background import SERVER_SESSION
from analytics.services.intake.reading import id_or_none
from marketplace.common.jsonio import dumps


def used(
    *,
    user_id: UUID,
    feature_key: str,
    action: str | None = None,
    session_id: str | None = None,
    listing_id: str | None = None,
) -> None:
    event = {
        "event_type": "feature.used",
        "session_id": session_id or SERVER_SESSION,
        "listing_id": id_or_none(listing_id),
        "properties": {"feature_key": feature_key, **({"action": action} if action else {})},
    }
    writing.write(dumps([event]).decode(), user_id=user_id, has_ids=False)
