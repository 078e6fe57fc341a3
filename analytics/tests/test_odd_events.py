"""What nobody sends by accident."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from analytics.models import Event

pytestmark = pytest.mark.django_db
Click = Callable[..., dict[str, Any]]


def test_T37_without_a_token_nobody_is_said_to_have_looked_at_a_thing(
    anonymous: APIClient, stranger: User, click: Click
) -> None:
    events = [click(event_type=kind, user_id=str(stranger.pk)) for kind in ("listing.viewed", "ui.click")]

    assert anonymous.post("/v1/events", {"events": events}).status_code == 202

    assert dict(Event.objects.values_list("event_type", "user_id")) == {"listing.viewed": None, "ui.click": stranger.pk}


@pytest.mark.parametrize("where", ["session_id", "button"])
def test_T37_half_a_pair_as_bytes_is_mended_and_the_others_are_stored(
    anonymous: APIClient, click: Click, where: str
) -> None:
    odd = click(session_id="@@@@@@") if where == "session_id" else click(properties={"button": "@@@@@@"})
    body = json.dumps({"events": [odd, click()]}).encode().replace(b"@@@@@@", b"abcdef\xed\xa0\x80")

    reply = anonymous.post("/v1/events", body, content_type="application/json")

    assert (reply.status_code, reply.json()["inserted"]) == (202, 2)
    told = Event.objects.values_list("session_id", "properties__button")
    assert any("abcdef\ufffd" in text for row in told for text in row)
