"""Somebody says that something is wrong: the money stays where it is, and the clock of a dispute runs."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from marketplace.common.errors import Conflict
from orders import terms
from orders.lifecycle import Party, Step
from orders.models import Dispute, Order
from orders.services import deadlines
from orders.services.disputes.escalating import ANSWER, NEGOTIATION
from orders.services.disputes.finding import announce
from orders.services.errors import NotYourStep
from orders.services.moving import By, lock_for, move

CANNOT_DISPUTE = "Cannot open a dispute on this order now"


class AlreadyDisputed(Conflict):
    code = "already_disputed"
    detail = "There is a dispute on this order already"


@transaction.atomic
def open_dispute(user: User, order_id: UUID, *, raised_by: Party, reason: str = "") -> Dispute:
    order, by = lock_for(user, order_id)
    if by.party != raised_by:
        raise NotYourStep(f"Only the {raised_by.value} of this order may say so")
    return begin(order, by=by, raised_by=raised_by, reason=reason)


def begin(order: Order, *, by: By, raised_by: Party, reason: str) -> Dispute:
    """`order` is locked. An operator may open one for a party."""
    if Dispute.objects.filter(order=order).exists():
        raise AlreadyDisputed
    move(order, Step.DISPUTE, by=by, reason=reason, detail=CANNOT_DISPUTE)
    dispute: Dispute = Dispute.objects.create(order=order, raised_by=raised_by, reason=reason)
    dispute.refresh_from_db(fields=["created_at"])
    deadlines.add(order, ANSWER, due_at=Now() + terms.dispute_answer_within())
    deadlines.add(order, NEGOTIATION, due_at=Now() + terms.dispute_negotiation_within())
    announce("opened", dispute, raised_by=dispute.raised_by)
    return dispute
