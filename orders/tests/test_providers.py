"""Each provider against the contract: the simulator inside us and over HTTP, Stripe over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from orders.models import SimulatorFault
from orders.providers.base import Failed, Provider, Succeeded, Unknown, UnreadableNotification
from orders.providers.simulator import book, desk, notices
from orders.providers.simulator.provider import Simulator
from orders.providers.stripe.client import client
from orders.providers.stripe.provider import HEADER, Stripe
from orders.tests.provider_contract import AMOUNT, WEBHOOK, Fault, ProviderContract
from orders.tests.servers import simulator_on_a_port

over_http = pytest.mark.django_db(transaction=True)


class SimulatorContract(ProviderContract):
    signature_header = notices.HEADER
    secrets_setting = "SIMULATOR_WEBHOOK_SECRETS"
    webhook = WEBHOOK


@pytest.mark.django_db
class TestSimulatorInside(SimulatorContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return Simulator()


@over_http
class TestSimulatorOverHttp(SimulatorContract):
    @pytest.fixture
    def provider(self, settings: Settings, transactional_db: None) -> Iterator[Provider]:
        with simulator_on_a_port() as address:
            settings.SIMULATOR_URL = address
            yield Simulator()

    def test_one_that_is_too_slow_is_unknown(
        self, provider: Provider, order_id: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PAYMENT_TIMEOUT_SECONDS = 0.05
        desk_waits(monkeypatch, order_id, seconds=0.5)

        assert self.ask(provider, self.wanted(order_id, "authorize")) == Unknown("TimeoutError")

    def test_one_that_is_away_is_unknown(self, order_id: str, settings: Settings) -> None:
        settings.SIMULATOR_URL = "http://127.0.0.1:9"
        request = self.wanted(order_id, "authorize")

        assert isinstance(self.ask(Simulator(), request), Unknown)
        assert isinstance(Simulator().fetch(request), Unknown)
        assert isinstance(Simulator().fetch_chargebacks(request), Unknown)


def desk_waits(monkeypatch: pytest.MonkeyPatch, order_id: str, *, seconds: float) -> None:
    monkeypatch.setattr(desk, "SLOW_SECONDS", seconds)
    SimulatorFault.objects.create(fault=Fault.SLOW, kind="authorize", order_id=order_id)


def stripe_event(**about: Any) -> bytes:
    known = {"id": "pi_1", "object": "payment_intent", "metadata": {"operation_id": "o1"}, **about}
    return json.dumps({"id": "e1", "type": "payment_intent.succeeded", "data": {"object": known}}).encode()


@over_http
class TestStripe(ProviderContract):
    signature_header = HEADER
    secrets_setting = "STRIPE_WEBHOOK_SECRETS"
    webhook = stripe_event()

    @pytest.fixture
    def provider(self, settings: Settings, transactional_db: None) -> Iterator[Provider]:
        settings.STRIPE_SECRET_KEY = "sk_test_1"
        with simulator_on_a_port() as address:
            settings.STRIPE_API_BASE = address
            yield Stripe()

    def test_one_that_is_too_slow_is_unknown(
        self, provider: Provider, order_id: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PAYMENT_TIMEOUT_SECONDS = 0.2
        desk_waits(monkeypatch, order_id, seconds=1.0)

        assert isinstance(self.ask(provider, self.wanted(order_id, "authorize")), Unknown)

    @pytest.mark.parametrize("base", ["http://127.0.0.1:9", "http://127.0.0.1:9/path"])
    def test_one_that_is_away_is_unknown(self, order_id: str, settings: Settings, base: str) -> None:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_1", base
        request = self.wanted(order_id, "authorize")

        assert isinstance(self.ask(Stripe(), request), Unknown)
        assert isinstance(Stripe().fetch(request), Unknown)
        assert isinstance(Stripe().fetch_chargebacks(request), Unknown)

    def test_a_key_that_is_refused_is_our_trouble_and_no_failure(
        self, provider: Provider, order_id: str, settings: Settings
    ) -> None:
        settings.STRIPE_SECRET_KEY = "not one of theirs"

        assert isinstance(self.ask(provider, self.wanted(order_id, "authorize")), Unknown)

    def test_a_payment_that_this_account_does_not_know_may_be_known_to_another(
        self, provider: Provider, order_id: str
    ) -> None:
        request = self.wanted(order_id, "capture", payment=f"pi_{uuid4().hex}")

        assert self.ask(provider, request) == Failed("resource_missing", can_try_again=True)

    def test_what_somebody_has_captured_over_there_is_what_we_wanted(self, provider: Provider, order_id: str) -> None:
        payment = self.captured(provider, order_id, AMOUNT - 1)

        taken = self.ask(provider, self.wanted(order_id, "capture", seq=2, payment=payment))

        assert taken == Succeeded(payment, AMOUNT - 1, "USD")

    def test_less_than_stripe_takes_leaves_the_hold_where_it_is(self, provider: Provider, order_id: str) -> None:
        payment = self.paid(provider, order_id)

        assert self.ask(provider, self.wanted(order_id, "capture", 30, payment=payment)) == Failed("amount_too_small")
        assert book.sums_of(order_id).held == AMOUNT

    def test_its_name_is_written_down_before_anything_is_held(self, provider: Provider, order_id: str) -> None:
        request = self.wanted(order_id, "authorize")
        states: list[str] = []

        def remember(reference: str) -> None:
            states.append(client().v1.payment_intents.retrieve(reference).status)

        provider.execute(request, remember)

        assert states == ["requires_confirmation"]

    def test_a_payout_needs_an_account_to_go_to(self, provider: Provider, order_id: str) -> None:
        payment = self.captured(provider, order_id)
        request = replace(self.wanted(order_id, "transfer", payment=payment), destination=order_id)

        refused = self.ask(provider, request)

        assert refused == Failed("no_payout_account", can_try_again=True)

    @pytest.mark.parametrize(
        "raw",
        [
            b'{"id": "e1", "type": "x", "data": {"object": []}}',
            b'{"id": "e1", "type": "x", "data": {}}',
            b"[]",
            b'"e1"',
            b'{"id": 1, "type": "x", "data": {"object": {"id": "a", "object": "b"}}}',
            b'{"id": "e1", "type": "x", "data": {"object": {"id": "a", "object": "b", "metadata": []}}}',
            b'{"id": "e1", "type": "x", "data": {"object": {"id": "a", "object": "b", "metadata": "m"}}}',
        ],
    )
    def test_what_is_signed_and_makes_no_sense_is_refused(self, provider: Provider, settings: Any, raw: bytes) -> None:
        settings.STRIPE_WEBHOOK_SECRETS = ["s"]

        try:
            told = provider.parse_webhook(self.signed(raw, "s"), raw)
        except UnreadableNotification:
            return
        assert told.operation_id == ""

    def test_a_dispute_names_the_payment(self, provider: Provider, settings: Any) -> None:
        settings.STRIPE_WEBHOOK_SECRETS = ["s"]
        raw = stripe_event(id="dp_1", object="dispute", payment_intent="pi_9", metadata={})

        told = provider.parse_webhook(self.signed(raw, "s"), raw)

        assert (told.kind, told.reference, told.operation_id) == ("chargeback", "pi_9", "")
