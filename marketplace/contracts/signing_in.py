"""A name and a password become a token, whose life is its family's."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import Session, Surface
from accounts.services import sign_in
from accounts.tokens import pair_for
from marketplace.common.net import client_ip


class BearerOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.CharField(help_text="Always `bearer`")


def session_for(request: Request, name: str, password: str, surface: Surface) -> Session:
    return sign_in.sign_in(
        name,
        password,
        surface=surface,
        address=client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
        now=timezone.now(),
    )


def token_for(request: Request, name: str, password: str, surface: Surface) -> dict[str, str]:
    return pair_for(session_for(request, name, password, surface)).body()
