"""A receipt that a third party can check: facts that never change, signed, and later compared with our records.

The signature is Ed25519 over the facts as JSON with sorted keys and no blanks, in UTF-8. Who has the public key needs
neither us nor a network. Names are not in it: people change them, and a receipt may travel.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from accounts.models import User
from marketplace.common.errors import Conflict
from orders.lifecycle import State
from orders.models import Order
from orders.services.errors import OrderNotFound

ALGORITHM = "Ed25519"
KIND = "campus-market.receipt.1"
SALT = b"orders.receipts"


class NoReceiptYet(Conflict):
    code = "no_receipt"
    detail = "There is a receipt for a completed order"


@dataclass(frozen=True)
class Verdict:
    valid: bool  # we signed exactly this
    matches_records: bool  # and it is what our books say today


def receipt(user: User, order_id: UUID) -> dict[str, Any]:
    order: Order | None = Order.objects.visible_to(user).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    if order.state != State.COMPLETED:
        raise NoReceiptYet(extra={"state": order.state})
    facts = _facts(order)
    signature = base64.b64encode(_key().sign(canonical(facts))).decode()
    return {"facts": facts, "algorithm": ALGORITHM, "key_id": key_id(), "signature": signature}


def verify(facts: dict[str, Any], signature: str) -> Verdict:
    if not _is_ours(facts, signature):
        return Verdict(valid=False, matches_records=False)
    order = Order.objects.filter(pk=facts["order_id"], state=State.COMPLETED).first()
    return Verdict(valid=True, matches_records=order is not None and _facts(order) == facts)


def public_key() -> str:
    return base64.b64encode(_key().public_key().public_bytes_raw()).decode()


def key_id() -> str:
    return hashlib.sha256(_key().public_key().public_bytes_raw()).hexdigest()[:16]


def canonical(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _is_ours(facts: dict[str, Any], signature: str) -> bool:
    try:
        _key().public_key().verify(base64.b64decode(signature, validate=True), canonical(facts))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _key() -> Ed25519PrivateKey:
    secret = settings.RECEIPT_KEY or settings.SECRET_KEY
    return Ed25519PrivateKey.from_private_bytes(hmac.new(secret.encode(), SALT, hashlib.sha256).digest())


def _facts(order: Order) -> dict[str, Any]:
    end = order.events.get(to_state=State.COMPLETED)
    released = order.release_cents or 0
    return {
        "kind": KIND,
        "order_id": str(order.pk),
        "order_number": order.number,
        "buyer_id": str(order.buyer_id),
        "seller_id": str(order.seller_id),
        "listing_id": str(order.listing_id),
        "title": order.listing_as_bought["title"],
        "quantity": order.quantity,
        "unit_price_cents": order.unit_price_cents,
        "total_cents": order.total_cents,
        "released_cents": released,
        "refunded_cents": order.total_cents - released,
        "fee_cents": order.fee_cents,
        "currency": order.currency,
        "ordered_at": f"{order.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "completed_at": f"{end.at:%Y-%m-%dT%H:%M:%SZ}",
        "history_hash": bytes(end.hash).hex(),  # of the whole chain of steps up to the end
    }
