"""What `manage.py check` says about a set-up before it can hurt anybody."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.utils.module_loading import import_string

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


@register(Tags.security)
def payments_can_be_made(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.PAYMENT_PROVIDER == "simulator":
        return []
    if settings.PAYMENT_PROVIDER != "stripe":
        return [Error("PAYMENT_PROVIDER is simulator or stripe", id="market.E003")]
    missing = [name for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS") if not getattr(settings, name)]
    problems: list[CheckMessage] = [
        Error(f"PAYMENT_PROVIDER=stripe needs {name}", id="market.E004") for name in missing
    ]
    if find_spec("stripe") is None:
        problems.append(Error("PAYMENT_PROVIDER=stripe needs the package stripe", id="market.E005"))
    return problems


@register(Tags.security)
def files_can_be_scanned(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if not settings.CHAT_VIRUS_SCANNER:
        return []
    try:
        import_string(settings.CHAT_VIRUS_SCANNER)
    except ImportError as error:
        return [Error(f"CHAT_VIRUS_SCANNER cannot be found: {error}", id="market.E007")]
    return []


@register(Tags.security, deploy=True)
def money_is_real(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A market whose payments are play has said so itself: nobody hands over a bicycle for nothing by accident."""
    problems: list[CheckMessage] = []
    if settings.PAYMENT_PROVIDER == "simulator" and not settings.PRACTICE_MODE:
        text = "Payments are simulated: set PAYMENT_PROVIDER=stripe, or PRACTICE_MODE=true if that is meant"
        problems.append(Caution(text, id="market.W002"))
    if settings.PAYMENT_PROVIDER == "stripe" and not settings.STRIPE_API_BASE.startswith("https://"):
        problems.append(Error("STRIPE_API_BASE is asked with our key: it must be https", id="market.E006"))
    if settings.SIMULATOR_FAULTS:
        problems.append(Caution("SIMULATOR_FAULTS lets the price of a thing decide what goes wrong", id="market.W003"))
    return problems
