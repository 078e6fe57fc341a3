"""The proof that a thing changed hands: a code that only the buyer's app shows, typed or scanned by the seller.

Code and QR follow from the order and a secret of the server, so that nothing of them is kept and a phone can be shown
them without a network. A seller's phone may keep what it scanned and send it later: it is good for as long as it says
anything.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.models import User
from marketplace.common import ratelimit
from marketplace.common.errors import DomainError
from orders.lifecycle import Note, Party, State, Step
from orders.models import Order
from orders.services.errors import NotYourStep, OrderNotFound, StepRefused
from orders.services.moving import By, lock_for, move, note

CODE_SALT = "orders.handover.code"
QR_SALT = "orders.handover.qr"
DIGITS = 8  # ten wrong ones an hour in the week an order may wait: one in a hundred thousand guesses right
LIMIT = "handover_code"
CANNOT_HAND_OVER = "Cannot hand over order"
CANNOT_SHOW = "There is no code for this order now"
SHOWN_IN = frozenset({State.FUNDED, State.ACCEPTED, State.HANDED_OVER})
Proof = Order.Proof


class WrongCode(DomainError):
    code = "wrong_code"
    detail = "This is not the code of this order"


@dataclass(frozen=True)
class Shown:
    code: str
    qr: str


def show(user: User, order_id: UUID) -> Shown:
    """To the buyer alone: whoever else has it can say that they handed the thing over."""
    order, party = _seen(user, order_id)
    if party != Party.BUYER:
        raise NotYourStep("Only the buyer is shown the code")
    if order.state not in SHOWN_IN:
        raise StepRefused(order, party, CANNOT_SHOW)
    return Shown(code_of(order.pk), qr_of(order.pk))


def hand_over(user: User, order_id: UUID, *, code: str = "", qr: str = "") -> Order:
    """Counted before it is looked at, so that guesses sent at once are counted too; a right one is not."""
    _, party = _seen(user, order_id)
    if party != Party.SELLER:
        raise NotYourStep("Only the seller hands the thing over")
    ticket = ratelimit.require(LIMIT, str(order_id), sensitive=True)
    if not _fits(order_id, code, qr):
        raise WrongCode
    ratelimit.give_back(ticket)
    return _proven(user, order_id)


def code_of(order_id: UUID) -> str:
    digest = salted_hmac(CODE_SALT, str(order_id), algorithm="sha256").digest()
    return str(int.from_bytes(digest[:16]) % 10**DIGITS).zfill(DIGITS)


def qr_of(order_id: UUID) -> str:
    return signing.Signer(salt=QR_SALT).sign(str(order_id))


def _seen(user: User, order_id: UUID) -> tuple[Order, Party]:
    order: Order | None = Order.objects.visible_to(user).filter(pk=order_id).first()
    party = None if order is None else order.party(user)
    if order is None or party is None:
        raise OrderNotFound
    return order, party


def _fits(order_id: UUID, code: str, qr: str) -> bool:
    """People type blanks and dashes between the digits."""
    digits = "".join(char for char in code if char not in " -")
    typed = bool(code) and hmac.compare_digest(digits.encode(), code_of(order_id).encode())
    scanned = bool(qr) and hmac.compare_digest(qr.strip().encode(), qr_of(order_id).encode())
    return typed or scanned


@transaction.atomic
def _proven(user: User, order_id: UUID) -> Order:
    """Whoever hands over has accepted. Where it was claimed, or is disputed, the proof is added to what is known."""
    order, by = lock_for(user, order_id)
    if order.proof == Proof.BUYER_CODE:
        return order
    if order.state == State.FUNDED:
        move(order, Step.ACCEPT, by=by)
    _record(order, by)
    return order


def _record(order: Order, by: By) -> None:
    facts = {"proof": Proof.BUYER_CODE.value, "before": order.proof}
    if order.state in (State.HANDED_OVER, State.DISPUTED):
        note(order, Note.PROVE, by=by, facts=facts, proof=Proof.BUYER_CODE)
    else:
        move(order, Step.HAND_OVER, by=by, facts=facts, detail=CANNOT_HAND_OVER, proof=Proof.BUYER_CODE)
