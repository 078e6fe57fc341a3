"""Stripe as we talk to it. No card data comes near us: buyers give it to Stripe, with the `client_secret` of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings

from marketplace.common.jsonio import loads
from orders.providers import signing
from orders.providers.base import (
    Chargeback,
    Failed,
    NotSeen,
    Remember,
    Request,
    Result,
    Snapshot,
    Succeeded,
    Unknown,
    UnreadableNotification,
    WebhookRef,
)
from orders.providers.stripe import reading
from orders.providers.stripe.amounts import from_stripe, to_stripe
from orders.providers.stripe.client import client

if TYPE_CHECKING:
    from stripe import PaymentIntent

HEADER = "Stripe-Signature"
WHOLE = ["latest_charge"]


class Stripe:
    name: ClassVar[str] = "stripe"

    def execute(self, request: Request, remember: Remember) -> Result:
        match request.kind:
            case "authorize":
                return reading.attempt(lambda: _authorize(request, remember))
            case "capture":
                return reading.attempt(lambda: _capture(request))
            case "void":
                return reading.attempt(lambda: _void(request))
            case "refund":
                return reading.attempt(lambda: _refund(request))
            case "transfer":
                return reading.attempt(lambda: _transfer(request))
        return Failed("unknown_kind")

    def fetch(self, request: Request) -> Snapshot:
        try:
            return _FETCH[request.kind](request)
        except Exception as error:
            return Unknown(type(error).__name__)

    def fetch_chargebacks(self, request: Request) -> tuple[Chargeback, ...] | Unknown:
        """Opened is not lost; the news of its end is another event."""
        about = {"payment_intent": request.reference or request.authorization, "limit": 100}
        try:
            found = client().v1.disputes.list(about)  # type: ignore[arg-type]
        except Exception as error:
            return Unknown(type(error).__name__)
        return tuple(_chargeback(each) for each in found.data if each.status == "lost")

    def parse_webhook(self, headers: Mapping[str, str], raw: bytes) -> WebhookRef:
        signing.verify(headers.get(HEADER, ""), raw, settings.STRIPE_WEBHOOK_SECRETS)
        try:
            return _reference(loads(raw))
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableNotification from error


def _chargeback(lost: Any) -> Chargeback:
    currency = lost.currency.upper()
    return Chargeback(lost.id, from_stripe(lost.amount, currency), currency)


def _reference(event: Any) -> WebhookRef:
    about = event["data"]["object"]
    kind = "chargeback" if about["object"] == "dispute" else event["type"]
    operation_id = (about.get("metadata") or {}).get("operation_id", "")
    name = about["id"] if about["object"] == "payment_intent" else about.get("payment_intent") or about["id"]
    told = (event["id"], kind, operation_id, name)
    if not all(isinstance(each, str) for each in told):
        raise UnreadableNotification
    return WebhookRef(*told)


# ── To do ────────────────────────────────────────────────────────────────────────────────────────


def _authorize(request: Request, remember: Remember) -> Result:
    """In two calls, its name written down between them: whatever is lost after that can be found.

    One that was made and never confirmed is made again if its name was lost: under the same key, so it is the same; and
    after a day, when the key is forgotten, another, which does no harm since nobody has the first one's secret.
    """
    intent = _intent(request.reference) if request.reference else _new_intent(request)
    remember(intent.id)
    if intent.status == "requires_confirmation":
        intent = _confirmed(intent, request)
    return _unless_declined(intent, request)


def _new_intent(request: Request) -> PaymentIntent:
    return client().v1.payment_intents.create(
        {
            "amount": _amount(request),
            "currency": request.currency.lower(),
            "capture_method": "manual",
            "metadata": {"operation_id": request.operation_id},
            "transfer_group": request.order_id,
        },
        {"idempotency_key": request.key},
    )


def _confirmed(intent: PaymentIntent, request: Request) -> PaymentIntent:
    import stripe

    key = {"idempotency_key": f"{request.key}:confirm"}
    try:
        return client().v1.payment_intents.confirm(intent.id, {"expand": WHOLE}, key)  # type: ignore[arg-type]
    except stripe.CardError:
        return _intent(intent.id)


def _unless_declined(intent: PaymentIntent, request: Request) -> Result:
    """A refused payment could be tried again over there, behind our back: it is cancelled before we call it refused."""
    if reading.is_declined(intent):
        code = getattr(intent.last_payment_error, "code", None) or "declined"
        client().v1.payment_intents.cancel(intent.id, {}, {"idempotency_key": f"{request.key}:cancel"})
        return Failed(code, can_try_again=True)
    known = reading.authorization(intent)
    return Unknown("not confirmed") if isinstance(known, NotSeen) else known


def _capture(request: Request) -> Result:
    """A refusal alone does not say whether the hold is still there, or was taken by somebody: the payment does."""
    import stripe

    wanted, key = {"amount_to_capture": _amount(request)}, {"idempotency_key": request.key}
    try:
        intent = client().v1.payment_intents.capture(request.authorization, wanted, key)  # type: ignore[arg-type]
    except stripe.InvalidRequestError:
        known = reading.capture(_intent(request.authorization))
        if isinstance(known, NotSeen):
            raise
        return known
    return _clear(reading.capture(intent))


def _void(request: Request) -> Result:
    import stripe

    if not request.authorization:
        return Failed("nothing_to_void")
    try:
        intent = client().v1.payment_intents.cancel(request.authorization, {}, {"idempotency_key": request.key})
    except stripe.InvalidRequestError:  # cancelled before, by the clock or by us; or captured
        intent = _intent(request.authorization)
    return _clear(reading.void(intent, request.amount_cents))


def _refund(request: Request) -> Result:
    return reading.moved(
        client().v1.refunds.create(
            {
                "payment_intent": request.authorization,
                "amount": _amount(request),
                "metadata": {"operation_id": request.operation_id},
            },
            {"idempotency_key": request.key},
        )
    )


def _transfer(request: Request) -> Result:
    """From the very charge, so that it need not wait until that is in the platform's balance."""
    if not request.destination.startswith("acct_"):
        return Failed("no_payout_account", can_try_again=True)
    charge: Any = _intent(request.authorization).latest_charge
    return reading.moved(
        client().v1.transfers.create(
            {
                "amount": _amount(request),
                "currency": request.currency.lower(),
                "destination": request.destination,
                "source_transaction": charge if isinstance(charge, str) else charge["id"],
                "transfer_group": request.order_id,
                "metadata": {"operation_id": request.operation_id},
            },
            {"idempotency_key": request.key},
        )
    )


def _amount(request: Request) -> int:
    return to_stripe(request.amount_cents, request.currency)


def _clear(known: Snapshot) -> Result:
    return Unknown("not done yet") if isinstance(known, NotSeen) else known


# ── To find out ──────────────────────────────────────────────────────────────────────────────────


def _intent(name: str) -> PaymentIntent:
    return client().v1.payment_intents.retrieve(name, {"expand": WHOLE})


def _known_intent(request: Request) -> PaymentIntent | None:
    """By the name that was written down, else by our own words for it: keys are forgotten after a day.

    The search knows everything but the last minute, the list the last hundred.
    """
    if request.reference:
        return _intent(request.reference)
    words = f"metadata['operation_id']:'{request.operation_id}'"
    intents = client().v1.payment_intents
    found = _ours(intents.search({"query": words}).data, request) or _ours(intents.list({"limit": 100}).data, request)
    return None if found is None else _intent(found.id)


def _ours(objects: Iterable[Any], request: Request) -> Any:
    return next((each for each in objects if _named_by_us(each) == request.operation_id), None)


def _named_by_us(thing: Any) -> str:
    return str(getattr(thing.metadata, "operation_id", ""))


def _fetch_authorization(request: Request) -> Snapshot:
    intent = _known_intent(request)
    if intent is None:
        return NotSeen()
    if reading.is_declined(intent):
        known = _unless_declined(intent, request)
        assert isinstance(known, Failed)
        return known
    return reading.authorization(intent)


def _fetch_capture(request: Request) -> Snapshot:
    return reading.capture(_intent(request.authorization))


def _fetch_void(request: Request) -> Snapshot:
    if not request.authorization:
        return NotSeen()
    return reading.void(_intent(request.authorization), request.amount_cents)


def _fetch_refund(request: Request) -> Snapshot:
    made = client().v1.refunds.list({"payment_intent": request.authorization, "limit": 100})
    return _if_any(_ours(made.data, request))


def _fetch_transfer(request: Request) -> Snapshot:
    return _if_any(_ours(client().v1.transfers.list({"transfer_group": request.order_id, "limit": 100}).data, request))


def _if_any(made: Any) -> Snapshot:
    known: Succeeded | Failed | Unknown | NotSeen = NotSeen() if made is None else reading.moved(made)
    return known


_FETCH: dict[str, Callable[[Request], Snapshot]] = {
    "authorize": _fetch_authorization,
    "capture": _fetch_capture,
    "void": _fetch_void,
    "refund": _fetch_refund,
    "transfer": _fetch_transfer,
}
