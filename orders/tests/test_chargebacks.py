"""M18: the buyer's bank takes the money back after the payout; the seller's next payouts make it good."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django import Settings

from accounts.models import User
from orders.models import Order, SimulatorFault, SimulatorWebhook
from orders.providers.base import WebhookRef
from orders.providers.simulator import book
from orders.services import ending, inbox, operations, paying
from orders.tests.money import balance, books_balance, hurry, misbehave, provider_has, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold(buyer: User, make_order: Callable[..., Order]) -> Callable[..., Order]:
    def sell(cents: int, *, fault: str = "") -> Order:
        order = make_order(price_cents=cents)
        paying.pay(buyer, order.pk)
        operations.drive(order.pk)
        if fault:
            misbehave(order, fault)
        return ending.complete(buyer, order.pk)

    return sell


def arrive(order: Order) -> None:
    """What the provider has to say, past the door that `test_webhooks.py` is about."""
    for notice in SimulatorWebhook.objects.filter(order_id=str(order.pk)):
        told = WebhookRef(str(notice.pk), notice.kind, notice.operation_id, notice.reference)
        inbox.receive("simulator", told)


def charged_back(order: Order) -> Order:
    arrive(order)
    return settled(order)


def paid_out(order: Order) -> int:
    return provider_has(order).transferred


def test_M18_the_next_payouts_pay_what_the_seller_owes(sold: Callable[..., Order], seller: User) -> None:
    lost = charged_back(sold(10_000, fault="chargeback"))
    owed = f"clawback:{seller.pk}"
    assert balance(owed) == -10_000
    assert "charged back" in lost.needs_attention

    small, large, later = sold(4_000), sold(9_000), sold(500)

    assert (small.state, large.state, later.state) == ("completed",) * 3
    assert (paid_out(small), paid_out(large), paid_out(later)) == (0, 3_000, 500)
    assert (small.withheld_cents, large.withheld_cents, later.withheld_cents) == (4_000, 6_000, 0)
    assert balance(owed) == 0
    assert balance(f"escrow:{small.pk}") == balance(f"escrow:{large.pk}") == 0
    assert books_balance()


def test_M18_the_fee_is_taken_before_the_debt_is_paid(
    sold: Callable[..., Order], seller: User, settings: Settings
) -> None:
    charged_back(sold(10_000, fault="chargeback"))
    settings.ORDER_FEE_BPS = 1_000

    small, large = sold(4_000), sold(9_000)

    assert (small.withheld_cents, large.withheld_cents) == (3_600, 6_400)
    assert (paid_out(small), paid_out(large)) == (0, 1_700)
    assert balance("revenue.fee") == 1_300
    assert balance(f"clawback:{seller.pk}") == 0
    assert books_balance()


def test_M18_told_twice_it_is_owed_once(sold: Callable[..., Order], seller: User) -> None:
    lost = charged_back(sold(10_000, fault="chargeback"))
    charged_back(lost)

    assert balance(f"clawback:{seller.pk}") == -10_000


def test_M18_before_the_payout_nothing_moves_until_somebody_has_looked(buyer: User, paid: Order, seller: User) -> None:
    paying.capture(buyer, paid.pk)
    book.charge_back(str(paid.pk))

    charged_back(paid)

    assert paid.quarantined_at is not None
    assert balance(f"clawback:{seller.pk}") == 0


def test_a_payout_that_is_refused_pays_the_debt_once(sold: Callable[..., Order], seller: User) -> None:
    charged_back(sold(10_000, fault="chargeback"))

    order = sold(15_000, fault="refused")

    assert (order.state, order.withheld_cents, paid_out(order)) == ("settling", 10_000, 0)
    order.operations.filter(due_at__isnull=False).update(due_at=order.created_at)
    assert settled(order).state == "completed"
    assert (order.withheld_cents, paid_out(order)) == (10_000, 5_000)
    assert books_balance()


def test_M18_one_that_overtakes_the_reply_to_the_payout_is_owed_all_the_same(
    buyer: User, paid: Order, seller: User
) -> None:
    SimulatorFault.objects.create(fault="error_after", kind="transfer", order_id=str(paid.pk))
    ending._confirm(buyer, paid.pk)
    operations.work_off_due()
    assert Order.objects.get(pk=paid.pk).state == "settling"
    book.charge_back(str(paid.pk))
    arrive(paid)
    inbox.work_off_due()

    hurry(paid)

    assert settled(paid).state == "completed"
    assert paid.quarantined_at is None
    assert balance(f"clawback:{seller.pk}") == -paid.total_cents
    assert books_balance()
