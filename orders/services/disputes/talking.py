"""What is said in a dispute, by its parties and by operators, while it is open."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from marketplace.common.errors import Conflict
from orders.models import Dispute, DisputeStatement
from orders.services.disputes.finding import announce, locked_open
from orders.services.moving import By

MOST_STATEMENTS = 500


class TooManyStatements(Conflict):
    code = "too_many_statements"
    detail = "Enough has been said in this dispute"


@transaction.atomic
def state(user: User, dispute_id: UUID, text: str) -> DisputeStatement:
    dispute, _, by = locked_open(user, dispute_id)
    return write_down(dispute, by, user, text)


def write_down(dispute: Dispute, by: By, author: User, text: str) -> DisputeStatement:
    """The order is locked."""
    if dispute.statements.count() >= MOST_STATEMENTS:
        raise TooManyStatements
    said: DisputeStatement = DisputeStatement.objects.create(dispute=dispute, author=author, party=by.party, text=text)
    said.refresh_from_db(fields=["created_at"])
    announce("statement", dispute, statement_id=str(said.pk), party=by.party.value)
    return said
