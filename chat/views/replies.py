"""Replies around what PostgreSQL has written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from marketplace.common.jsonio import dumps


def json_reply(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def json_around(name: str, items: bytes, rest: Mapping[str, Any]) -> HttpResponse:
    """An object with a list that is JSON already, and small facts beside it."""
    return json_reply(b'{"%b":%b,%b' % (name.encode(), items, dumps(rest)[1:]))
