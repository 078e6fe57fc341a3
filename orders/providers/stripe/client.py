"""Stripe's own library: an optional extra, loaded when somebody first asks Stripe something."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from stripe import StripeClient


def client() -> StripeClient:
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.PAYMENT_TIMEOUT_SECONDS)


@lru_cache(maxsize=4)
def _client(key: str, base: str, seconds: float) -> StripeClient:
    from stripe import RequestsClient, StripeClient

    return StripeClient(
        key,
        base_addresses={"api": base},
        http_client=RequestsClient(timeout=(seconds, seconds)),
        max_network_retries=0,  # whoever asks again fetches first, and that is ours to do
    )
