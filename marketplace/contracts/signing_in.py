"""A name and a password become a token, whose life is its family's."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import Surface
from accounts.services import sign_in
from accounts.tokens import pair_for
from marketplace.common.net import client_ip


class BearerOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.CharField(help_text="Always `bearer`")


def token_for(request: Request, name: str, password: str, surface: Surface) -> dict[str, str]:
    session = sign_in.sign_in(
        name,
        password,
        surface=surface,
        address=client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        now=timezone.now(),
    )
    return pair_for(session).body()
