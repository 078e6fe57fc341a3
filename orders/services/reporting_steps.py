"""Steps that the apps report on the way through a purchase."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.errors import NotFound
from orders.lifecycle import Party
from orders.models import Escrow, EscrowStep
from orders.services import ending

CANCELLED = "cancelled"


class EscrowNotFound(NotFound):
    code = "escrow_not_found"
    detail = "Escrow not found"


def report(user: User, *, escrow_id: UUID, order_id: UUID | None, step: str, result: str) -> None:
    """Noted for the analysts. A result of "cancelled" is also the party's wish to call the order off."""
    escrow = _noted(user, escrow_id, order_id, step, result)
    if result == CANCELLED:
        ending.cancel(user, escrow.order_id, reason=f"{step}: {result}")


@transaction.atomic
def _noted(user: User, escrow_id: UUID, order_id: UUID | None, step: str, result: str) -> Escrow:
    escrow = Escrow.objects.select_related("order").filter(pk=escrow_id).first()
    party = None if escrow is None else escrow.order.party(user)
    is_other = escrow is not None and order_id not in (None, escrow.order_id)
    if escrow is None or is_other or party not in (Party.BUYER, Party.SELLER):
        raise EscrowNotFound
    EscrowStep.objects.create(escrow=escrow, step=step, result=result, actor=user)
    outbox.publish("escrow.step", order_id=str(escrow.order_id), step=step, result=result, user_id=str(user.pk))
    return escrow
