"""What `manage.py check` says about payments, before anybody pays."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from marketplace.checks import money_is_real, payments_can_be_made
from marketplace.tests.production import manage, production

STRIPE = {
    "PAYMENT_PROVIDER": "stripe",
    "STRIPE_SECRET_KEY": "sk",
    "STRIPE_WEBHOOK_SECRETS": ["whsec"],
    "STRIPE_API_BASE": "https://api.stripe.com",
}


def found(settings: Settings, **changes: object) -> list[str]:
    for name, value in changes.items():
        setattr(settings, name, value)
    return [str(each.id) for each in (*payments_can_be_made(None), *money_is_real(None))]


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, []),
        ({"STRIPE_SECRET_KEY": ""}, ["market.E004"]),
        ({"STRIPE_WEBHOOK_SECRETS": []}, ["market.E004"]),
        ({"STRIPE_API_BASE": "http://api.stripe.com"}, ["market.E006"]),
        ({"PAYMENT_PROVIDER": "piggy bank"}, ["market.E003"]),
        ({"PAYMENT_PROVIDER": "simulator"}, ["market.W002"]),
        ({"PAYMENT_PROVIDER": "simulator", "PRACTICE_MODE": True}, []),
        ({"SIMULATOR_FAULTS": True}, ["market.W003"]),
    ],
)
def test_what_is_wrong_is_named(settings: Settings, changes: dict[str, object], ids: list[str]) -> None:
    assert found(settings, **{**STRIPE, **changes}) == ids


def test_a_production_that_simulates_payments_without_saying_so_is_told() -> None:
    check = ("check", "--deploy", "--fail-level", "WARNING")
    silent = manage(*check, environment=production(PAYMENT_PROVIDER="simulator"))
    meant = manage(*check, environment=production(PAYMENT_PROVIDER="simulator", PRACTICE_MODE="true"))
    said = [process.communicate(timeout=90)[0] for process in (silent, meant)]

    assert silent.returncode != 0
    assert "PRACTICE_MODE=true" in said[0]
    assert meant.returncode == 0, said[1]
