"""Where the money is, by our books and by the provider's: what tests about payments ask again and again."""

from __future__ import annotations

from django.db.models import Sum
from django.db.models.functions import Now

from orders.models import Account, InboxEvent, Order, Posting, SimulatorFault
from orders.providers.simulator import book, faults
from orders.services import inbox, operations


def balance(code: str) -> int:
    """From the postings, whatever the account itself says."""
    return int(Posting.objects.filter(account__code=code).aggregate(sum=Sum("amount"))["sum"] or 0)


def settled(order: Order) -> Order:
    """Everything that is due, worked off as a worker would, until nothing is."""
    while operations.work_off_due() + inbox.work_off_due():
        pass
    order.refresh_from_db()
    return order


def hurry(order: Order) -> None:
    """As if the time until the next try had passed."""
    order.operations.filter(due_at__isnull=False).update(due_at=Now())
    InboxEvent.objects.filter(due_at__isnull=False).update(due_at=Now())


def misbehave(order: Order, fault: str) -> None:
    faults.order(SimulatorFault.Fault(fault), order_id=str(order.pk))


def provider_has(order: Order) -> book.Sums:
    return book.sums_of(str(order.pk))


def books_balance() -> bool:
    return not Posting.objects.aggregate(sum=Sum("amount"))["sum"] and not _a_balance_is_wrong()


def _a_balance_is_wrong() -> bool:
    kept = Account.objects.filter(keeps_balance=True).annotate(sum=Sum("postings__amount"))
    return any(each.balance != (each.sum or 0) for each in kept)
