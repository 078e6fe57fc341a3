"""What every payment provider must do, whichever it is. A class of tests to inherit from; see `test_providers.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from orders.models import SimulatorFault
from orders.providers import signing
from orders.providers.base import (
    NO_HOLD,
    BadSignature,
    Failed,
    NotSeen,
    Pending,
    Provider,
    Request,
    Succeeded,
    Unknown,
)
from orders.providers.simulator import book, clock, faults

Fault = SimulatorFault.Fault
AMOUNT = 12_345
WEBHOOK = b'{"event_id":"e1","kind":"authorize.succeeded","operation_id":"o1","reference":"r1"}'


class ProviderContract:
    """A subclass gives `provider`, and how its notifications look."""

    signature_header: str
    secrets_setting: str
    webhook: bytes

    @pytest.fixture
    def provider(self) -> Provider:
        raise NotImplementedError

    @pytest.fixture
    def order_id(self) -> str:
        return str(uuid4())

    # ── A life, step by step ─────────────────────────────────────────────────────────────────────

    def wanted(self, order_id: str, kind: str, amount: int = AMOUNT, *, seq: int = 1, payment: str = "") -> Request:
        return Request(
            key=f"o{order_id}:{kind}:{seq}",
            operation_id=str(uuid4()),
            order_id=order_id,
            kind=kind,
            amount_cents=amount,
            currency="USD",
            buyer_id="b",
            seller_id="s",
            authorization=payment,
            destination="acct_seller" if kind == "transfer" else "",
        )

    def ask(self, provider: Provider, request: Request) -> object:
        return provider.execute(request, lambda reference: None)

    def paid(self, provider: Provider, order_id: str) -> str:
        held = self.ask(provider, self.wanted(order_id, "authorize"))
        assert isinstance(held, Succeeded), held
        return held.reference

    def captured(self, provider: Provider, order_id: str, amount: int = AMOUNT) -> str:
        payment = self.paid(provider, order_id)
        taken = self.ask(provider, self.wanted(order_id, "capture", amount, payment=payment))
        assert isinstance(taken, Succeeded), taken
        assert taken.amount_cents == amount
        return payment

    # ── Once, and only what was asked ────────────────────────────────────────────────────────────

    def test_a_hold_says_how_much_and_until_when(self, provider: Provider, order_id: str) -> None:
        held = self.ask(provider, self.wanted(order_id, "authorize"))

        assert isinstance(held, Succeeded)
        assert (held.amount_cents, held.currency) == (AMOUNT, "USD")
        assert held.expires_at is not None
        assert held.expires_at > clock.now() + timedelta(days=1)

    @pytest.mark.parametrize("kind", ["authorize", "capture", "refund", "transfer"])
    def test_the_same_key_twice_is_one_effect(self, provider: Provider, order_id: str, kind: str) -> None:
        payment = ""
        if kind == "capture":
            payment = self.paid(provider, order_id)
        elif kind != "authorize":
            payment = self.captured(provider, order_id)
        request = self.wanted(order_id, kind, 5_000, payment=payment)

        first, second = self.ask(provider, request), self.ask(provider, request)

        assert isinstance(first, Succeeded)
        assert first == second

    def test_another_amount_under_the_same_key_does_nothing_and_says_nothing_of_the_first(
        self, provider: Provider, order_id: str
    ) -> None:
        payment = self.captured(provider, order_id)
        request = self.wanted(order_id, "refund", 5_000, payment=payment)
        self.ask(provider, request)

        assert isinstance(self.ask(provider, replace(request, amount_cents=6_000)), Unknown)

        assert book.sums_of(order_id).refunded == 5_000
        found = provider.fetch(request)
        assert isinstance(found, Succeeded)
        assert found.amount_cents == 5_000

    def test_what_nobody_asked_for_has_not_been_seen(self, provider: Provider, order_id: str) -> None:
        assert provider.fetch(self.wanted(order_id, "authorize")) == NotSeen()
        payment = self.captured(provider, order_id)

        for kind in ("refund", "transfer"):
            assert provider.fetch(self.wanted(order_id, kind, payment=payment)) == NotSeen()

    # ── What is not known is not a failure ───────────────────────────────────────────────────────

    @pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER, Fault.ERROR_AFTER])
    @pytest.mark.parametrize("kind", ["authorize", "capture", "void", "refund", "transfer"])
    def test_a_lost_reply_is_unknown_and_can_be_found(
        self, provider: Provider, order_id: str, kind: str, fault: Fault
    ) -> None:
        payment = ""
        if kind in ("capture", "void"):
            payment = self.paid(provider, order_id)
        elif kind in ("refund", "transfer"):
            payment = self.captured(provider, order_id)
        request = self.wanted(order_id, kind, payment=payment)
        SimulatorFault.objects.create(fault=fault, kind=kind, order_id=order_id)

        assert isinstance(self.ask(provider, request), Unknown)

        found = provider.fetch(request)
        assert isinstance(found, Succeeded)
        assert found.amount_cents == AMOUNT

    @pytest.mark.parametrize("kind", ["authorize", "capture", "refund"])
    def test_a_request_that_never_arrived_is_unknown_and_may_be_sent_again(
        self, provider: Provider, order_id: str, kind: str
    ) -> None:
        payment = ""
        if kind == "capture":
            payment = self.paid(provider, order_id)
        elif kind == "refund":
            payment = self.captured(provider, order_id)
        request = self.wanted(order_id, kind, payment=payment)
        SimulatorFault.objects.create(fault=Fault.TIMEOUT_BEFORE, kind=kind, order_id=order_id)

        assert isinstance(self.ask(provider, request), Unknown)
        assert provider.fetch(request) == NotSeen()
        assert isinstance(self.ask(provider, request), Succeeded)

    # ── The buyer's part ─────────────────────────────────────────────────────────────────────────

    def test_a_refused_payment_holds_nothing_and_stays_refused(self, provider: Provider, order_id: str) -> None:
        faults.order(Fault.DECLINE, order_id=order_id)
        request = self.wanted(order_id, "authorize")

        assert isinstance(self.ask(provider, request), Failed)

        assert isinstance(provider.fetch(request), Failed)
        assert isinstance(self.ask(provider, self.wanted(order_id, "authorize", seq=2)), Succeeded)

    def test_a_payment_can_wait_for_its_buyer(self, provider: Provider, order_id: str) -> None:
        faults.order(Fault.ACTION, order_id=order_id)
        request = self.wanted(order_id, "authorize")

        waits = self.ask(provider, request)

        assert isinstance(waits, Pending)
        assert waits.next_action
        assert isinstance(provider.fetch(replace(request, reference=waits.reference)), Pending)

    def test_a_void_ends_a_payment_that_waits(self, provider: Provider, order_id: str) -> None:
        faults.order(Fault.ACTION, order_id=order_id)
        request = self.wanted(order_id, "authorize")
        waits = self.ask(provider, request)
        assert isinstance(waits, Pending)

        let_go = self.ask(provider, self.wanted(order_id, "void", payment=waits.reference))

        assert isinstance(let_go, Succeeded)
        assert isinstance(provider.fetch(replace(request, reference=waits.reference)), Failed)

    # ── Amounts ──────────────────────────────────────────────────────────────────────────────────

    def test_no_more_is_captured_than_is_held(self, provider: Provider, order_id: str) -> None:
        payment = self.paid(provider, order_id)

        refused = self.ask(provider, self.wanted(order_id, "capture", AMOUNT + 1, payment=payment))

        assert isinstance(refused, Failed)
        assert refused.code != NO_HOLD
        assert isinstance(self.ask(provider, self.wanted(order_id, "capture", seq=2, payment=payment)), Succeeded)

    def test_less_can_be_captured_than_is_held(self, provider: Provider, order_id: str) -> None:
        self.captured(provider, order_id, AMOUNT - 1)

    def test_no_more_is_refunded_than_was_captured(self, provider: Provider, order_id: str) -> None:
        payment = self.captured(provider, order_id)

        first = self.ask(provider, self.wanted(order_id, "refund", 10_000, payment=payment))
        second = self.ask(provider, self.wanted(order_id, "refund", 10_000, seq=2, payment=payment))

        assert isinstance(first, Succeeded)
        assert isinstance(second, Failed)

    def test_what_was_captured_cannot_be_voided(self, provider: Provider, order_id: str) -> None:
        payment = self.captured(provider, order_id)

        assert isinstance(self.ask(provider, self.wanted(order_id, "void", payment=payment)), Failed)

    def test_what_was_voided_cannot_be_captured(self, provider: Provider, order_id: str) -> None:
        payment = self.paid(provider, order_id)
        assert isinstance(self.ask(provider, self.wanted(order_id, "void", payment=payment)), Succeeded)

        assert self.ask(provider, self.wanted(order_id, "capture", payment=payment)) == Failed(NO_HOLD)

    def test_a_hold_that_ran_out_cannot_be_captured(self, provider: Provider, order_id: str) -> None:
        payment = self.paid(provider, order_id)
        clock.wind(timedelta(days=8))

        assert self.ask(provider, self.wanted(order_id, "capture", payment=payment)) == Failed(NO_HOLD)

    def test_what_somebody_has_captured_already_is_no_hold_that_is_gone(
        self, provider: Provider, order_id: str
    ) -> None:
        payment = self.captured(provider, order_id)

        again = self.ask(provider, self.wanted(order_id, "capture", seq=2, payment=payment))

        assert isinstance(again, Succeeded | Failed)
        assert again != Failed(NO_HOLD)

    # ── Chargebacks ──────────────────────────────────────────────────────────────────────────────

    def test_chargebacks_are_there_once_there_are_any(self, provider: Provider, order_id: str) -> None:
        request = self.wanted(order_id, "authorize")
        payment = self.captured(provider, order_id)
        asked = replace(request, reference=payment)
        assert provider.fetch_chargebacks(asked) == ()
        faults.order(Fault.CHARGEBACK, order_id=order_id)
        self.ask(provider, self.wanted(order_id, "transfer", payment=payment))

        taken = provider.fetch_chargebacks(asked)

        assert not isinstance(taken, Unknown)
        assert [(each.amount_cents, each.currency) for each in taken] == [(AMOUNT, "USD")]

    def test_a_bank_may_take_back_one_part_after_another(self, provider: Provider, order_id: str) -> None:
        asked = replace(self.wanted(order_id, "authorize"), reference=self.captured(provider, order_id))
        for cents in (1_000, 2_000):
            book.charge_back(order_id, cents=cents)

        taken = provider.fetch_chargebacks(asked)

        assert not isinstance(taken, Unknown)
        assert sorted(each.amount_cents for each in taken) == [1_000, 2_000]
        assert len({each.reference for each in taken}) == 2

    def test_what_the_bank_has_taken_back_is_not_refunded_as_well(self, provider: Provider, order_id: str) -> None:
        payment = self.captured(provider, order_id)
        book.charge_back(order_id)

        refused = self.ask(provider, self.wanted(order_id, "refund", payment=payment))

        assert isinstance(refused, Failed)

    # ── Notifications ────────────────────────────────────────────────────────────────────────────

    def test_a_notification_is_read_when_one_of_two_secrets_signed_it(
        self, provider: Provider, settings: object
    ) -> None:
        setattr(settings, self.secrets_setting, ["new", "old"])

        for secret in ("new", "old"):
            told = provider.parse_webhook(self.signed(self.webhook, secret), self.webhook)
            assert (told.event_id, told.operation_id) == ("e1", "o1")

    def test_a_bad_an_old_and_a_missing_signature_are_refused(self, provider: Provider, settings: object) -> None:
        setattr(settings, self.secrets_setting, ["secret"])
        good = signing.sign(self.webhook, "secret")
        old = signing.sign(self.webhook, "secret", at=1_000_000)
        wrong = ("", "t=,v1=", "nonsense", old, signing.sign(self.webhook, "other"), good[:-1] + "é")

        for header in wrong:
            with pytest.raises(BadSignature):
                provider.parse_webhook({self.signature_header: header}, self.webhook)
        with pytest.raises(BadSignature):
            provider.parse_webhook({self.signature_header: good}, self.webhook + b" ")

    def test_without_a_secret_nothing_is_believed(self, provider: Provider, settings: object) -> None:
        setattr(settings, self.secrets_setting, [""])

        with pytest.raises(BadSignature):
            provider.parse_webhook(self.signed(self.webhook, ""), self.webhook)

    def signed(self, raw: bytes, secret: str) -> dict[str, str]:
        return {self.signature_header: signing.sign(raw, secret)}
