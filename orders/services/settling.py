"""Every end after the provider was asked goes this way: what is still needed is asked again after each answer.

Nothing is remembered of how far it had come. `next_needed` compares what was decided with what the operations have
done, so a crash anywhere only means that it is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Now

from listings.services import stock
from orders import ledger
from orders.lifecycle import Party, State, Step
from orders.models import Operation, Order, StockHold
from orders.services import unasked
from orders.services.asking import ask
from orders.services.moving import SYSTEM, move

Kind = Operation.Kind


@dataclass(frozen=True)
class Funds:
    """Where an order's money is, as the operations that are known to have succeeded say it."""

    held: int = 0
    captured: int = 0
    refunded: int = 0
    transferred: int = 0

    @classmethod
    def of(cls, operations: Iterable[Operation]) -> Funds:
        sums = dict.fromkeys(Kind.values, 0)
        for each in operations:
            if each.state == Operation.State.SUCCEEDED:
                sums[each.kind] += each.amount_cents
        is_let_go = bool(sums[Kind.CAPTURE] or sums[Kind.VOID])
        return cls(
            held=0 if is_let_go else sums[Kind.AUTHORIZE],
            captured=sums[Kind.CAPTURE],
            refunded=sums[Kind.REFUND],
            transferred=sums[Kind.TRANSFER],
        )

    @property
    def in_escrow(self) -> int:
        return self.captured - self.refunded


@dataclass(frozen=True)
class Needed:
    kind: Operation.Kind
    cents: int


def next_needed(order: Order, funds: Funds) -> Needed | None:
    """For an order that settles: the one thing the provider must do next, or nothing more."""
    release = order.release_cents or 0
    if funds.held:
        return Needed(Kind.CAPTURE, release) if release else Needed(Kind.VOID, funds.held)
    if funds.in_escrow > release:
        return Needed(Kind.REFUND, funds.in_escrow - release)
    due = release - order.fee.of(release) - order.withheld_cents
    if funds.captured and funds.transferred < due:
        return Needed(Kind.TRANSFER, due - funds.transferred)
    return None


def advance(order: Order) -> None:
    """`order` is locked. One step further, or the end; to be called after everything that may have changed it."""
    if order.state != State.SETTLING or order.quarantined_at is not None:
        return
    operations = _still_wanted(order)
    if any(each.is_open and not each.waits_for_buyer for each in operations):
        return  # while an answer is due nothing else is asked, so that two requests never cross
    funds = Funds.of(operations)
    waiting = next((each for each in operations if each.is_open), None)
    if waiting is not None:
        if not any(each.kind == Kind.VOID and each.state == Operation.State.SUCCEEDED for each in operations):
            ask(order, Kind.VOID, amount_cents=waiting.amount_cents)
        return
    needed = next_needed(order, funds)
    late = next((each for each in operations if each.has_come_late and each.kind == Kind.REFUND), None)
    if late is not None and needed is not None and needed.kind == Kind.REFUND:
        _count_as_asked(order, late, needed.cents)
        advance(order)
        return
    needed = due_now(order, funds)
    if needed is None:
        _finish(order, funds)
    else:
        ask(order, needed.kind, amount_cents=needed.cents)


def due_now(order: Order, funds: Funds) -> Needed | None:
    """The same, once the seller has paid what they owe."""
    needed = next_needed(order, funds)
    if needed is not None and needed.kind == Kind.TRANSFER and _withhold(order, needed.cents):
        return next_needed(order, funds)
    return needed


def _still_wanted(order: Order) -> list[Operation]:
    """A payment that nobody has told the provider of is not made first and let go then; nor a refund that came late."""
    operations = list(order.operations.all())
    unwanted = {Kind.AUTHORIZE.value} | {each.kind for each in operations if each.has_come_late}
    if not any(each.state == Operation.State.READY and each.kind in unwanted for each in operations):
        return operations
    unsent = order.operations.filter(kind__in=unwanted, state=Operation.State.READY)
    unsent.update(state=Operation.State.FAILED, failure=Operation.WITHDRAWN, due_at=None, done_at=Now())
    return list(order.operations.all())


def _count_as_asked(order: Order, late: Operation, needed_cents: int) -> None:
    """What goes beyond it, because something else has reached the buyer meanwhile, is not part of it."""
    beyond = max(0, late.amount_cents - needed_cents)
    late.amount_cents -= beyond
    ledger.refunded(order, late.key, late.amount_cents, late.provider)
    late.state = Operation.State.SUCCEEDED
    late.save(update_fields=["state", "amount_cents"])
    if beyond:
        _bear(order, late, beyond)


def bear_what_came_late(order: Order) -> None:
    """`order` is locked, and no refund is needed any more: the buyer has it beside another."""
    for late in order.operations.filter(kind=Kind.REFUND, state=Operation.State.FAILED).order_by("seq"):
        if late.has_come_late:
            _bear(order, late, late.amount_cents)
            late.failure = late.failure.replace(Operation.CAME_LATE, Operation.BORNE, 1)[:120]
            late.save(update_fields=["failure"])


def _bear(order: Order, late: Operation, cents: int) -> None:
    source = ledger.fresh(order, f"o{order.pk}:{ledger.TWICE}:{late.seq}")
    unasked.book(order, source, cents=cents, provider=late.provider, does_seller_owe=False, loss=ledger.TWICE)


def is_refund_needed(order: Order) -> bool:
    """Or may one be on its way?"""
    operations = list(order.operations.all())
    if any(each.is_open and each.kind == Kind.REFUND for each in operations):
        return True
    needed = next_needed(order, Funds.of(operations)) if order.state == State.SETTLING else None
    return needed is not None and needed.kind == Kind.REFUND


def _withhold(order: Order, due: int) -> bool:
    """What the seller owes is paid before they are: from each payout, until nothing is owed."""
    cents = min(ledger.owed(order), due)
    if not cents:
        return False
    payouts = order.operations.filter(kind=Kind.TRANSFER).count()
    ledger.withheld(order, f"o{order.pk}:clawback:{payouts + 1}", cents)
    order.withheld_cents += cents
    Order.objects.filter(pk=order.pk).update(withheld_cents=order.withheld_cents)
    return True


def _finish(order: Order, funds: Funds) -> None:
    left = (order.release_cents or 0) - order.withheld_cents
    if funds.captured and not funds.transferred and left:
        ledger.fee_taken(order, f"o{order.pk}:fee:1", left)  # it takes all there is
    bear_what_came_late(order)
    if order.is_sale:
        _let_go(order, StockHold.State.CONSUMED)
        end = State.COMPLETED
    else:
        _let_go(order, StockHold.State.RELEASED)
        end = State.REFUNDED if _was_funded(order) else _unpaid_end(order)
    move(order, Step.SETTLED, by=SYSTEM, to=end)


def _was_funded(order: Order) -> bool:
    return bool(order.events.filter(step=Step.AUTH_OK).exists())


def _unpaid_end(order: Order) -> State:
    """A payment given up by the clock has expired; one given up by a person was cancelled."""
    by_clock = order.events.filter(step=Step.ABANDON_PAYING, party=Party.SYSTEM).exists()
    return State.EXPIRED if by_clock else State.CANCELLED


def free_stock(order: Order) -> None:
    """For an order that ends without the provider ever having been asked for money that it may hold."""
    _let_go(order, StockHold.State.RELEASED)


def sell_stock(order: Order) -> None:
    """For an order that ends well, and whose money never came through us."""
    _let_go(order, StockHold.State.CONSUMED)


def _let_go(order: Order, state: StockHold.State) -> None:
    left = StockHold.objects.filter(order=order, state=StockHold.State.HELD).update(state=state)
    if not left:
        return
    change = stock.sell if state == StockHold.State.CONSUMED else stock.give_back
    change(order.listing_id, pieces=order.quantity)
