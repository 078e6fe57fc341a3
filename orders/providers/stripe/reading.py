"""What Stripe's answers mean to us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orders.providers.base import (
    ALREADY_CAPTURED,
    NO_HOLD,
    Failed,
    NotSeen,
    Pending,
    Result,
    Snapshot,
    Succeeded,
    Unknown,
)
from orders.providers.stripe.amounts import NotInThisCurrency, from_stripe

if TYPE_CHECKING:
    from stripe import PaymentIntent

# Under another key, later, these may well be done; what one account does not know, the right one does
CAN_TRY_AGAIN = frozenset(
    {"balance_insufficient", "insufficient_funds", "resource_missing", "refused", "partial_refund_refused"}
)


def attempt(call: Callable[[], Result]) -> Result:
    """A clear refusal is a failure. An account that is refused, a limit, a server's error or silence: we do not know.

    Nor where a request's key was used for another before: what became of that one, this answer does not say.
    """
    import stripe

    try:
        return call()
    except NotInThisCurrency:
        return Failed("amount_not_in_currency")
    except stripe.CardError as error:
        return Failed(error.code or "card_declined", can_try_again=True)
    except stripe.InvalidRequestError as error:
        if error.http_status not in (400, 404):
            return Unknown(str(error.http_status))
        code = error.code or "invalid_request"
        return Failed(code, can_try_again=code in CAN_TRY_AGAIN)
    except Exception as error:
        return Unknown(type(error).__name__)


def authorization(intent: PaymentIntent) -> Snapshot:
    match intent.status:
        case "requires_capture" | "succeeded":
            return _succeeded(intent, intent.amount, until=_until(intent))
        case "requires_confirmation":
            return NotSeen()  # made, and never confirmed: nothing is held yet
        case "canceled":
            return Failed("canceled", can_try_again=True)
        case "processing":
            return Unknown("processing")
    return Pending(intent.id, {"type": "stripe", "client_secret": intent.client_secret})


def is_declined(intent: PaymentIntent) -> bool:
    return intent.status == "requires_payment_method" and intent.last_payment_error is not None


def capture(intent: PaymentIntent) -> Snapshot:
    if intent.status == "succeeded":
        return _succeeded(intent, intent.amount_received)
    return Failed(NO_HOLD) if intent.status == "canceled" else NotSeen()


def void(intent: PaymentIntent, amount_cents: int) -> Snapshot:
    """It let go of whatever there was."""
    if intent.status == "canceled":
        return Succeeded(intent.id, amount_cents, intent.currency.upper())
    return Failed(ALREADY_CAPTURED) if intent.status == "succeeded" else NotSeen()


def moved(made: Any) -> Succeeded | Failed | Unknown:
    """A refund or a transfer; the latter has no status."""
    status = getattr(made, "status", None) or "succeeded"
    if status in ("failed", "canceled"):
        return Failed(getattr(made, "failure_reason", None) or status, can_try_again=True)
    if status != "succeeded":
        return Unknown(status)  # on its way; asked about again until it has arrived
    return _succeeded(made, made.amount)


def _succeeded(made: Any, amount: int, *, until: datetime | None = None) -> Succeeded:
    currency = made.currency.upper()
    return Succeeded(made.id, from_stripe(amount, currency), currency, until)


def _until(intent: PaymentIntent) -> datetime | None:
    """Stripe says until when: it differs by card, and is not always a week."""
    charge: Any = intent.latest_charge
    try:
        return datetime.fromtimestamp(charge["payment_method_details"]["card"]["capture_before"], UTC)
    except (KeyError, TypeError):
        return None
