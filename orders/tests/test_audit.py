"""The audit: silent while the books are right, and never silent when somebody has been at them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.models import User
from marketplace.common.models import AuditEntry
from orders.lifecycle import Party, Step
from orders.models import InboxEvent, MoneyAudit, Order, SimulatorRecord
from orders.providers.base import Line
from orders.providers.simulator import book
from orders.providers.simulator.provider import Simulator
from orders.services import ending, handing_over, operating, operations, paying
from orders.services.auditing import auditing
from orders.services.moving import By, lock, move
from orders.tests.conftest import PRICE
from orders.tests.tampering import tamper

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(buyer: User, paid: Order) -> Order:
    paying.capture(buyer, paid.pk)
    ending.complete(buyer, paid.pk)
    paid.refresh_from_db()
    assert paid.state == "completed"
    return paid


def differing(done: MoneyAudit) -> set[str]:
    return {row["name"] for row in done.table if row["differences"]}


def test_books_in_every_state_agree(
    buyer: User, seller: User, moderator: User, sold: Order, make_order: Callable[..., Order], settings: object
) -> None:
    make_order()
    ending.cancel(buyer, make_order().pk)
    make_order(price_cents=0)
    for after in (None, ending.cancel, ending.refund, ending.complete):
        order = make_order(pieces=2, of=3)
        paying.pay(buyer, order.pk)
        operations.drive(order.pk)
        if after is ending.refund:
            paying.capture(buyer, order.pk)
            handing_over.ship(seller, order.pk)
            after(seller, order.pk)
        elif after is not None:
            after(buyer, order.pk)
    disputed = make_order()
    paying.pay(buyer, disputed.pk)
    operations.drive(disputed.pk)
    paying.capture(buyer, disputed.pk)
    move(lock(disputed.pk), Step.DISPUTE, by=By(Party.BUYER, buyer))
    operating.resolve(moderator, disputed.pk, release_cents=1, reason="almost nothing")
    paying.pay(buyer, make_order().pk)  # and nobody has asked the provider yet

    done = auditing.run()

    assert (done.is_ok, done.findings) == (True, [])
    assert done.orders == Order.objects.count() == 10


def test_a_fee_in_whole_coins_is_no_difference(
    buyer: User, make_order: Callable[..., Order], settings: Settings
) -> None:
    settings.ORDER_FEE_BPS = 250
    order = make_order(price_cents=1_030_00, currency="JPY")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    assert ending.complete(buyer, order.pk).fee_cents == 25_00
    assert auditing.run().is_ok

    tamper("UPDATE orders_order SET fee_bps = 350")
    assert differing(auditing.run()) == {"shares"}


def test_what_waits_for_an_answer_is_no_difference(buyer: User, order: Order) -> None:
    paying.pay(buyer, order.pk)
    operation = order.operations.get()
    book.perform(operations.request_for(operation))  # done, and its answer lost
    assert auditing.run().is_ok


def test_what_was_told_and_given_up_hides_no_difference(sold: Order) -> None:
    book.charge_back(str(sold.pk))
    payment = sold.operations.get(kind="authorize")
    InboxEvent.objects.create(provider="simulator", event_id="e", kind="chargeback", operation_id=str(payment.pk))
    assert auditing.run().is_ok, "it is being worked off"
    InboxEvent.objects.update(received_at=Now() - timedelta(hours=25))
    assert not auditing.run().is_ok
    InboxEvent.objects.update(received_at=Now(), due_at=None)
    assert not auditing.run().is_ok


TAMPERINGS = {
    "a posting was changed": ("UPDATE orders_posting SET amount = amount + 1", {"balanced", "kept"}),
    "a balance was changed": ("UPDATE orders_account SET balance = 5 WHERE code LIKE 'escrow:%%'", {"kept"}),
    "a booking is gone": (
        "WITH gone AS (DELETE FROM orders_posting WHERE transaction_id IN (SELECT id FROM orders_ledgertransaction"
        " WHERE source LIKE '%%:transfer:1') RETURNING transaction_id)"
        " DELETE FROM orders_ledgertransaction WHERE id IN (SELECT transaction_id FROM gone)",
        {"operations", "provider:simulator"},
    ),
    "an operation was failed": (
        "UPDATE orders_operation SET state = 'failed' WHERE kind = 'transfer'",
        {"operations", "totals"},
    ),
    "an operation has another sum": (
        "UPDATE orders_operation SET amount_cents = 1 WHERE kind = 'capture'",
        {"operations", "totals"},
    ),
    "more was decided": ("UPDATE orders_order SET fee_bps = 500", {"shares"}),
    "the order was opened again": ("UPDATE orders_order SET state = 'funded'", {"states", "holds"}),
    "a step is gone": ("DELETE FROM orders_orderevent WHERE version = 2", {"steps"}),
    "the last step is gone": (
        "DELETE FROM orders_orderevent WHERE version = (SELECT max(version) FROM orders_orderevent)",
        {"states"},
    ),
    "a step was rewritten": ("UPDATE orders_orderevent SET party = 'seller' WHERE step = 'confirm'", {"steps"}),
    "the pieces were taken back": ("UPDATE orders_stockhold SET state = 'released'", {"holds", "stock"}),
    "the listing counts otherwise": ("UPDATE listings_listing SET sold = 0", {"stock"}),
    "the provider gave money back": (
        "INSERT INTO orders_simulatorrecord (id, key, order_id, kind, amount_cents, currency, destination, state, code,"
        " calls, operation_id) SELECT gen_random_uuid(), 'by hand', order_id, 'refund', 1, currency, '', 'succeeded',"
        " '', 1, ''"
        " FROM orders_simulatorrecord WHERE kind = 'capture'",
        {"provider:simulator"},
    ),
    "the provider has forgotten it": ("DELETE FROM orders_simulatorrecord", {"provider:simulator"}),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(sold: Order, name: str) -> None:
    statement, expected = TAMPERINGS[name]
    assert auditing.run().is_ok
    tamper(statement)
    done = auditing.run()
    assert (expected <= differing(done), done.is_ok) == (True, False), differing(done)


def test_money_left_at_the_provider_for_free_pieces_is_found(buyer: User, paid: Order) -> None:
    ending.cancel(buyer, paid.pk)
    SimulatorRecord.objects.filter(kind="authorize").update(let_go_at=None)
    assert "still has" in auditing.run().findings[0]["what"]


def test_a_difference_that_is_gone_at_the_second_look_is_none(sold: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [[Line(str(sold.pk), "COP", 0, 0, 0, 0, 0)], list(book.statement())]
    monkeypatch.setattr(Simulator, "statement", lambda _: answers.pop(0))
    assert auditing.run().is_ok
    assert answers == []


def audit_money(*options: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("audit_money", *options, stdout=out)
    except SystemExit as left:
        code = int(left.code or 0)
    return out.getvalue(), code


def test_the_command_says_what_differs_and_fails(sold: Order) -> None:
    text, code = audit_money()
    assert (code, text.splitlines()[-1]) == (0, "1 orders: everything agrees.")

    tamper("UPDATE orders_orderevent SET reason = 'x' WHERE version = 3")
    text, code = audit_money()

    assert code == 1
    assert "✗ Steps are complete" in text
    assert f"steps: {sold.pk}: step 3 was changed after it was written" in text
    sold.refresh_from_db()
    assert sold.quarantined_at is None


def test_an_order_that_differs_is_quarantined_and_no_other(sold: Order, make_order: Callable[..., Order]) -> None:
    well = make_order()
    tamper("UPDATE orders_orderevent SET reason = 'x' WHERE version = 3")

    text, code = audit_money("--quarantine")
    audit_money("--quarantine")

    assert (code, "1 orders quarantined" in text) == (1, True)
    assert list(Order.objects.quarantined()) == [sold]
    assert AuditEntry.objects.get().action == "order.quarantined"
    well.refresh_from_db()
    assert well.quarantined_at is None


def test_when_everything_seems_wrong_nothing_is_stopped(
    make_order: Callable[..., Order], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "MOST_QUARANTINED", 1)
    for _ in range(2):
        make_order()
    tamper("UPDATE orders_orderevent SET reason = 'x'")
    done = auditing.run(quarantine=True)
    assert (done.differences, done.quarantined, Order.objects.quarantined().count()) == (2, 0, 0)


def test_a_completed_order_in_numbers(sold: Order) -> None:
    line = next(iter(book.statement()))
    assert (line.authorized_cents, line.captured_cents, line.transferred_cents) == (PRICE, PRICE, PRICE)
    assert (line.held_cents, line.refunded_cents) == (0, 0)
