"""When the two do not get anywhere, an operator must look: after three days of silence, or a week of talk."""

from __future__ import annotations

from django.db.models.functions import Now

from orders.lifecycle import Party, State
from orders.models import Dispute, DisputeEvidence, DisputeStatement, Order
from orders.services import deadlines
from orders.services.disputes.finding import announce

ANSWER = "dispute_answer"
NEGOTIATION = "dispute_negotiation"


@deadlines.rings(ANSWER)
def answer_is_due(order: Order) -> None:
    dispute = Dispute.objects.filter(order=order).first()
    if dispute is None:
        return
    other = Party.SELLER if dispute.raised_by == Party.BUYER else Party.BUYER
    if not has_answered(order, other):
        escalate(order, why="no_answer")


@deadlines.rings(NEGOTIATION)
def negotiation_is_over(order: Order) -> None:
    escalate(order, why="no_agreement")


def escalate(order: Order, *, why: str) -> None:
    """`order` is locked. Once; the two may still agree."""
    if order.state != State.DISPUTED:
        return
    left = Dispute.objects.filter(order=order, escalated_at__isnull=True)
    if left.update(escalated_at=Now()):
        dispute = Dispute.objects.get(order=order)
        dispute.order = order
        announce("escalated", dispute, why=why)


def has_answered(order: Order, party: Party) -> bool:
    """Said something, handed in a file or named a sum, since the dispute was opened."""
    if DisputeStatement.objects.filter(dispute__order=order, party=party).exists():
        return True
    if DisputeEvidence.objects.filter(dispute__order=order, party=party).exists():
        return True
    return Dispute.objects.filter(order=order, **{f"{party}_proposal_cents__isnull": False}).exists()
