"""The amicable ways out, open until the end: the buyer lets the money go, the seller gives it back, or both sign the
same split. A party can only give; what it would take is decided by the other, an operator or the clock.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from marketplace.common.errors import InvalidInput
from orders.lifecycle import Party, Step
from orders.models import Dispute, Order
from orders.models.dispute import WORD
from orders.services import operations
from orders.services.disputes.finding import DisputeClosed, announce, locked, locked_open, seen_by
from orders.services.disputes.talking import write_down
from orders.services.errors import NotYourStep
from orders.services.moving import By, move
from orders.services.settling import advance

GIVES: dict[Party, Step] = {Party.BUYER: Step.D_BUYER_RELEASE, Party.SELLER: Step.D_SELLER_REFUND}
NOT_YOURS = "A party can only give in; the rest is for the other party or an operator"
Status = Dispute.Status


def release(user: User, dispute_id: UUID) -> Dispute:
    """By the buyer: the seller gets everything."""
    return _give_in(user, dispute_id, Party.BUYER, "Only the buyer may release the money")


def refund(user: User, dispute_id: UUID) -> Dispute:
    """By the seller: the buyer gets everything."""
    return _give_in(user, dispute_id, Party.SELLER, "Only the seller may give the money back")


def _give_in(user: User, dispute_id: UUID, party: Party, detail: str) -> Dispute:
    with transaction.atomic():
        dispute, order, by = locked(user, dispute_id)
        if by.party != party:
            raise NotYourStep(detail)
        _end(dispute, order, by)
    return _driven(user, dispute)


def close(user: User, dispute_id: UUID, status: Status, *, comment: str = "") -> Dispute:
    """In the words of the campus apps. `rejected` withdraws one's own dispute, `resolved` grants the other's; the
    buyer may also call their own resolved, for that too only gives. Whatever would take is refused.
    """
    if status == Status.OPEN:
        return _only_talk(user, dispute_id, comment)
    with transaction.atomic():
        dispute, order, by = locked(user, dispute_id)
        if by.party not in GIVES or not _gives(dispute, by.party, status):
            raise NotYourStep(NOT_YOURS)
        if dispute.is_open and comment:
            write_down(dispute, by, user, comment)
        _end(dispute, order, by, word=status)
    return _driven(user, dispute)


def _gives(dispute: Dispute, party: Party, status: Status) -> bool:
    if dispute.raised_by != party:
        return status == Status.RESOLVED
    return status == Status.REJECTED or party == Party.BUYER  # a seller's "resolved" may well mean: I was paid


@transaction.atomic
def _only_talk(user: User, dispute_id: UUID, comment: str) -> Dispute:
    """Nothing that is closed opens again."""
    dispute, _, by = locked_open(user, dispute_id)
    if comment:
        write_down(dispute, by, user, comment)
    return dispute


def _end(dispute: Dispute, order: Order, by: By, *, word: Status | None = None) -> None:
    """Repeated, it is a quiet success."""
    step = GIVES[by.party]
    closing = dispute.closing
    if closing is not None and closing.step == step:
        return
    if closing is not None:
        raise DisputeClosed(extra={"status": dispute.status.value})
    move(order, step, by=by, facts={} if word is None else {WORD: word.value})
    advance(order)


def propose(user: User, dispute_id: UUID, release_cents: int) -> Dispute:
    """What the seller should get. Once both have signed the same sum it is done; a new sum replaces one's old one."""
    with transaction.atomic():
        dispute, order, by = locked(user, dispute_id)
        if by.party not in GIVES:
            raise NotYourStep("Only the two parties may agree on a split")
        if _is_what_was_agreed(dispute, release_cents):
            return dispute
        if not dispute.is_open:
            raise DisputeClosed(extra={"status": dispute.status.value})
        if release_cents > order.total_cents:
            raise InvalidInput.one(["body", "release_cents"], f"The order is for {order.total_cents}")
        if not order.can_be_split_at(release_cents):
            raise InvalidInput.one(["body", "release_cents"], f"{order.currency} is paid in multiples of 100")
        _sign(dispute, order, by, release_cents)
    return _driven(user, dispute)


def _sign(dispute: Dispute, order: Order, by: By, cents: int) -> None:
    mine, theirs = f"{by.party}_proposal_cents", f"{_other(by.party)}_proposal_cents"
    setattr(dispute, mine, cents)
    dispute.save(update_fields=[mine])
    announce("proposal", dispute, party=by.party.value, release_cents=cents)
    if getattr(dispute, theirs) == cents:
        move(order, Step.D_AGREE_SPLIT, by=by, release_cents=cents, facts={"release_cents": cents})
        advance(order)


def _is_what_was_agreed(dispute: Dispute, cents: int) -> bool:
    closing = dispute.closing
    return closing is not None and closing.step == Step.D_AGREE_SPLIT and closing.facts.get("release_cents") == cents


def _other(party: Party) -> Party:
    return Party.SELLER if party == Party.BUYER else Party.BUYER


def _driven(user: User, dispute: Dispute) -> Dispute:
    operations.drive(dispute.order_id)
    return seen_by(user, dispute.pk)
