"""The Stripe adapter against somebody else's idea of Stripe, for what `localstripe` knows.

It knows no idempotency keys, no transfers, no metadata search and no `transfer_group`, so that a payment is made here
in its own words; all that follows is ours. What it lacks is asked of the simulator's Stripe face (`test_providers.py`).
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pytest_django import Settings

from orders.providers.base import Failed, NotSeen, Pending, Request, Succeeded
from orders.providers.stripe.provider import Stripe

AMOUNT = 4_200
HEADERS = {"Authorization": "Bearer sk_test_1"}
GOOD_CARD, ASKS_FIRST, REFUSED = "4242424242424242", "4000002500003155", "4000000000000341"


@pytest.fixture(scope="module")
def localstripe() -> Iterator[str]:
    if not socket.has_ipv6:
        pytest.skip("localstripe listens on IPv6")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process)
        yield address
    finally:
        process.kill()
        process.wait(timeout=20)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        assert process.poll() is None, "localstripe did not start"
        try:
            httpx.get(address, timeout=2.0)
        except httpx.TransportError:
            threading.Event().wait(0.05)
        else:
            return
    raise TimeoutError(address)


@pytest.fixture
def stripe(localstripe: str, settings: Settings) -> Stripe:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_1", localstripe
    return Stripe()


def made(address: str, path: str, **fields: Any) -> dict[str, Any]:
    reply = httpx.post(f"{address}/v1/{path}", data=fields, headers=HEADERS, timeout=10.0)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


def payment(address: str, *, card: str | None = GOOD_CARD) -> Request:
    """As our adapter would have left it: made and remembered, not confirmed."""
    operation_id, fields = str(uuid4()), {}
    if card is not None:
        numbers = {"card[number]": card, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
        fields["payment_method"] = made(address, "payment_methods", type="card", **numbers)["id"]
    words = {"amount": str(AMOUNT), "currency": "usd", "capture_method": "manual"}
    known = made(address, "payment_intents", **words, **fields, **{"metadata[operation_id]": operation_id})
    facts = {"kind": "authorize", "amount_cents": AMOUNT, "currency": "USD", "reference": known["id"]}
    return Request(key=operation_id, operation_id=operation_id, order_id="o", buyer_id="b", seller_id="s", **facts)


def after(request: Request, kind: str, amount: int = AMOUNT) -> Request:
    return Request(
        key=str(uuid4()),
        operation_id=str(uuid4()),
        order_id="o",
        kind=kind,
        amount_cents=amount,
        currency="USD",
        buyer_id="b",
        seller_id="s",
        authorization=request.reference,
    )


def status_of(address: str, request: Request) -> str:
    reply = httpx.get(f"{address}/v1/payment_intents/{request.reference}", headers=HEADERS, timeout=10.0)
    return str(reply.json()["status"])


def ask(stripe: Stripe, request: Request) -> object:
    return stripe.execute(request, lambda reference: None)


def test_what_was_made_and_not_confirmed_goes_on_from_there(stripe: Stripe, localstripe: str) -> None:
    request = payment(localstripe)
    assert stripe.fetch(request) == NotSeen()

    held = ask(stripe, request)

    assert isinstance(held, Succeeded)
    assert (held.reference, held.amount_cents, held.currency) == (request.reference, AMOUNT, "USD")
    assert stripe.fetch(request) == held


def test_held_captured_and_given_back_in_part(stripe: Stripe, localstripe: str) -> None:
    request = payment(localstripe)
    ask(stripe, request)
    assert stripe.fetch(after(request, "capture")) == NotSeen()

    captured = ask(stripe, after(request, "capture"))
    refund = after(request, "refund", 1_000)
    given_back = ask(stripe, refund)

    assert isinstance(given_back, Succeeded)
    assert given_back.amount_cents == 1_000
    assert stripe.fetch(refund) == given_back
    assert not isinstance(captured, Failed)  # it does not say how much it took, so the adapter does not know
    assert status_of(localstripe, request) == "succeeded"
    assert stripe.fetch(after(request, "refund")) == NotSeen()


def test_held_and_let_go(stripe: Stripe, localstripe: str) -> None:
    request = payment(localstripe)
    ask(stripe, request)

    let_go = ask(stripe, after(request, "void"))

    assert isinstance(let_go, Succeeded)
    assert stripe.fetch(after(request, "void")) == let_go
    assert ask(stripe, after(request, "void")) == let_go
    assert isinstance(stripe.fetch(request), Failed)


def test_no_more_is_captured_than_is_held(stripe: Stripe, localstripe: str) -> None:
    request = payment(localstripe)
    ask(stripe, request)

    assert isinstance(ask(stripe, after(request, "capture", AMOUNT + 1)), Failed)


@pytest.mark.parametrize("card", [None, ASKS_FIRST])
def test_the_buyer_is_given_what_they_need_to_go_on(stripe: Stripe, localstripe: str, card: str | None) -> None:
    request = payment(localstripe, card=card)

    waits = ask(stripe, request)

    assert isinstance(waits, Pending)
    assert waits.reference == request.reference
    assert waits.next_action is not None
    assert waits.next_action["client_secret"].startswith(request.reference)


def test_a_refused_card_ends_the_payment_over_there_too(stripe: Stripe, localstripe: str) -> None:
    request = payment(localstripe, card=REFUSED)

    refused = ask(stripe, request)

    assert isinstance(refused, Failed)
    assert refused.code == "card_declined"
    assert status_of(localstripe, request) == "canceled"


def test_what_it_has_never_heard_of(stripe: Stripe, localstripe: str) -> None:
    request = payment(localstripe)

    assert isinstance(ask(stripe, after(Request(**{**vars(request), "reference": "pi_none"}), "capture")), Failed)
