"""A small market on a real database, for histories: people, pieces, a worker that dies or freezes, a clock.

Everything goes through the real services. Each market has people and listings of its own, so that many can be played
in one database, one after the other, and each looks only at its own orders.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from listings.models import Category, Listing
from listings.services import listings
from marketplace.common.errors import DomainError
from marketplace.common.queue import Claim
from orders.lifecycle import TRANSITIONS, Release, State, Step
from orders.models import Deadline, Operation, Order, SimulatorFault, SimulatorRecord
from orders.providers.base import Result
from orders.providers.simulator import book
from orders.services import (
    accepting,
    deadlines,
    delivering,
    ending,
    handing_over,
    operations,
    paying,
    placing,
    settling,
)
from orders.services.asking import ask as ask_for
from orders.services.moving import SYSTEM, lock_for, move
from orders.tests import books

PRICES = (150_000_00, 999, 1, 0)
PIECES = 8
EDGES = books.edges_of_the_table()
Intent = Callable[[User, UUID], object]

INTENTS: dict[str, Intent] = {
    "pay": paying.pay,
    "capture": paying.capture,
    "accept": accepting.accept,
    "ship": partial(handing_over.ship, reason="as seen"),  # operators say why
    "complete": ending.complete,
    "cancel": partial(ending.cancel, reason="as asked"),
    "refund": partial(ending.refund, reason="as asked"),
}


BROUGHT: dict[Step, Callable[[User, int], object]] = {
    Step.DELIVER: delivering.deliver,
    Step.GIVE_UP: delivering.turn_down,
}


class Broken(AssertionError):
    """An invariant does not hold."""


class Died(BaseException):
    """The process is gone: nothing after this line runs, and nobody catches it."""


@dataclass
class Late:
    """A worker that was frozen with a claim in its hand, before it asked the provider or after."""

    claim: Claim
    operation: Operation
    answer: Result | None = None


@dataclass
class Market:
    buyers: list[User]
    seller: User
    stranger: User
    operator: User
    courier: User
    stalls: list[Listing]
    orders: list[UUID] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    refused: int = 0

    @classmethod
    def opened(cls) -> Market:
        name = uuid4().hex[:12]
        buyers = [User.objects.create(username=f"{name}-b{n}") for n in range(2)]
        seller, stranger = (User.objects.create(username=f"{name}-{part}") for part in ("seller", "stranger"))
        operator = User.objects.create(username=f"{name}-operator", is_staff=True, is_superuser=True)
        courier = User.objects.create(username=f"{name}-courier", is_delivery=True)
        facts = {"title": name, "currency": "COP", "category": Category.objects.earliest("pk")}
        stalls = [listings.offer(seller, facts={**facts, "price_cents": p}, quantity=PIECES) for p in PRICES]
        return cls(buyers, seller, stranger, operator, courier, stalls)

    # ── What people do ───────────────────────────────────────────────────────────────────────────

    def person(self, part: str, order_id: UUID) -> User:
        if part == "buyer":
            return next(
                b for b in self.buyers if b.pk == Order.objects.values_list("buyer", flat=True).get(pk=order_id)
            )
        others = {"operator": self.operator, "courier": self.courier, "stranger": self.stranger}
        return {"seller": self.seller, **others}[part]

    def place(self, buyer: int, stall: int, pieces: int) -> UUID | None:
        try:
            order, _ = placing.place(self.buyers[buyer], placing.Wish(self.stalls[stall].pk, pieces))
        except DomainError:
            return None
        order_id: UUID = order.pk
        self.orders.append(order_id)
        return order_id

    def place_at_the_door(self, buyer: int, stall: int) -> UUID | None:
        """What the courier brings; they have it already."""
        try:
            door = delivering.Door("FIEC", "11-C")
            delivery = delivering.order_to(self.buyers[buyer], self.stalls[stall].pk, door, payment="cash")
        except DomainError:
            return None
        delivering.claim(self.courier, delivery.order.number, now=timezone.now())
        order_id: UUID = delivery.order.pk
        self.orders.append(order_id)
        return order_id

    def wish(self, intent: str, part: str, order_id: UUID) -> bool:
        """Through the service that the API calls. What is refused has changed nothing."""
        return self._tried(order_id, part, lambda: INTENTS[intent](self.person(part, order_id), order_id))

    def step(self, step: Step, part: str, order_id: UUID, *, percent: int = 0, dies: bool = False) -> bool:
        """Any step of the table, as services make them; `dies`: the server does, just before it commits."""
        return self._tried(
            order_id, part, lambda: make(step, self.person(part, order_id), order_id, percent, dies=dies)
        )

    def _tried(self, order_id: UUID, part: str, act: Callable[[], object]) -> bool:
        before = _facts(order_id)
        try:
            act()
        except (DomainError, Died):
            if _facts(order_id) != before:
                raise Broken("a refused step changed something") from None
            self.refused += 1
            return False
        if part == "stranger":
            raise Broken("a stranger was let in")
        return True

    def confirm_payment(self, order_id: UUID, *, succeeds: bool) -> None:
        """The buyer does, or refuses, what the provider asked of them."""
        waiting = SimulatorRecord.objects.filter(order_id=str(order_id), state=SimulatorRecord.State.PENDING)
        for key in waiting.values_list("key", flat=True):
            book.confirm(key, succeeds=succeeds)

    # ── What workers do ──────────────────────────────────────────────────────────────────────────

    def work(self, order_id: UUID, how: str = "well", fault: str = "") -> bool:
        """One worker takes what is due first of the order. Leases have run out: whoever had it is late now."""
        _let_time_pass(order_id)
        claim = operations.queue.claim_one_of("order_id", order_id)
        if claim is None:
            return False
        if fault:
            SimulatorFault.objects.create(fault=fault, order_id=str(order_id))
        match how:
            case "well":
                operations._work(claim)
            case "dies before the call":
                pass
            case "dies after the call":
                self._freeze(claim, asks=True)
                self.late.pop()
            case "freezes before the call":
                self._freeze(claim, asks=False)
            case "freezes after the call":
                self._freeze(claim, asks=True)
        if fault:
            SimulatorFault.objects.filter(order_id=str(order_id)).delete()
        return True

    def _freeze(self, claim: Claim, *, asks: bool) -> None:
        operation = operations.queue.still_ours(claim).select_related("order").get()
        self.late.append(Late(claim, operation, operations._ask(operation, claim) if asks else None))

    def thaw(self) -> None:
        """Those who were frozen go on where they were, as if no time had passed."""
        for each in self.late:
            answer = operations._ask(each.operation, each.claim) if each.answer is None else each.answer
            operations._write_down(each.claim, each.operation, answer)
        self.late.clear()

    def ring(self, order_id: UUID, kind: str = "") -> None:
        """Time passes until the order's deadlines, or those of a kind, are due."""
        due = Deadline.objects.filter(order=order_id, kind__startswith=kind)
        for _ in range(due.update(due_at=Now())):
            deadlines._ring(order_id)

    def drain(self) -> None:
        """All faults are over and the clock runs: every order must come to its end."""
        self.thaw()
        for _ in range(8):
            self._provider_gets_done()
            for order_id in self.open_orders():
                for _ in range(8):
                    if not self.work(order_id):
                        break
                self.ring(order_id)
        stuck = self.open_orders()
        if stuck:
            raise Broken(f"I18 stuck: {[_facts(each) for each in stuck]}")

    def _provider_gets_done(self) -> None:
        """What waits for the buyer may wait for ever; what only takes its time is done some day."""
        names = [str(each) for each in self.orders]
        slow = SimulatorRecord.objects.filter(order_id__in=names, state=SimulatorRecord.State.PENDING)
        for key in slow.exclude(kind="authorize").values_list("key", flat=True):
            book.confirm(key, succeeds=True)

    def open_orders(self) -> list[UUID]:
        return [each.pk for each in Order.objects.filter(pk__in=self.orders).order_by("pk") if not each.is_over]

    # ── What must be true ────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        found = books.faults_in(ask, edges=EDGES, orders=self.orders) if self.orders else []
        if found:
            raise Broken("; ".join(found))


_UNTIL_THE_FIRST_IS_DUE = """
UPDATE orders_operation SET due_at = due_at - (first - clock_timestamp())
FROM (SELECT min(due_at) AS first FROM orders_operation WHERE order_id = %(id)s AND due_at IS NOT NULL) soon
WHERE order_id = %(id)s AND due_at IS NOT NULL AND first > clock_timestamp()
"""


def _let_time_pass(order_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UNTIL_THE_FIRST_IS_DUE, {"id": order_id})


def ask(statement: str, values: dict[str, Any]) -> Any:
    """Prepared: planning all the checks takes longer than making them."""
    connection.ensure_connection()
    return connection.connection.execute(statement, values, prepare=True).fetchall()


@transaction.atomic
def make(step: Step, user: User, order_id: UUID, percent: int = 0, *, dies: bool = False) -> None:
    if step in BROUGHT and user.is_delivery:
        BROUGHT[step](user, Order.objects.values_list("number", flat=True).get(pk=order_id))
        if dies:
            raise Died
        return
    order, by = lock_for(user, order_id)
    release = order.total_cents * percent // 100 if TRANSITIONS[step].releases == Release.STATED else None
    is_an_end = step == Step.CANCEL_UNPAID or TRANSITIONS[step].target == State.SETTLING
    if is_an_end and release is None:
        ending.call_off(order, step, by=by)
    else:
        proof: dict[str, Any] = {"proof": Order.Proof.SELLER_CLAIM} if step == Step.HAND_OVER else {}
        move(order, step, by=by, release_cents=release, **proof)
        settling.advance(order)
        if step == Step.PAY:
            _pay_for(order)
    if dies:
        raise Died


def _pay_for(order: Order) -> None:
    """What `paying.pay` adds to the step."""
    if order.total_cents:
        ask_for(order, Operation.Kind.AUTHORIZE, amount_cents=order.total_cents)
    else:
        move(order, Step.AUTH_OK, by=SYSTEM)


def _facts(order_id: UUID) -> Any:
    return ask(
        "SELECT o.state, o.version, o.release_cents, o.proof, h.state,"
        " (SELECT array_agg((kind, seq, state)::text ORDER BY kind, seq) FROM orders_operation WHERE order_id = o.id),"
        " (SELECT count(*) FROM orders_orderevent WHERE order_id = o.id),"
        " (SELECT count(*) FROM orders_ledgertransaction WHERE order_id = o.id)"
        " FROM orders_order o JOIN orders_stockhold h ON h.order_id = o.id WHERE o.id = %(id)s",
        {"id": order_id},
    )


def steps_seen() -> dict[str, int]:
    return dict(ask("SELECT step, count(*) FROM orders_orderevent GROUP BY step", {}))
