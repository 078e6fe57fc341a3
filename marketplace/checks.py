"""What `manage.py check` says about a set-up before it can hurt anybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from marketplace.common.ratelimit import Rate


@register(Tags.security)
def limits_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for scope, text in settings.RATE_LIMITS.items():
        try:
            Rate.parse(text)
        except ValueError as error:
            problems.append(Error(f"The limit {scope!r} is {error}", id="market.E001"))
    return problems


@register(Tags.security, deploy=True)
def limits_are_on(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.RATE_LIMIT != "off":
        return []
    return [Caution("RATE_LIMIT=off is for load tests: passwords can be guessed at will", id="market.W001")]


@register(Tags.security, deploy=True)
def origins_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if "*" not in settings.CORS_ALLOWED_ORIGINS and "*" not in settings.ALLOWED_HOSTS:
        return []
    return [Error("ALLOWED_ORIGINS and ALLOWED_HOSTS are lists of names, not '*'", id="market.E002")]
