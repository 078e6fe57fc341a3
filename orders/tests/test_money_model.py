"""Random histories of orders, over the real services and a real database, with crashes and a provider that misbehaves.

After every step the books are checked in SQL; at the end the faults stop, and every order must come to its end. The
everyday form makes every step once and plays a few histories. `faults/histories.py` plays MONEY_HISTORIES of them, and
asks of every step of the table that it was made a hundredth as often.
"""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from listings.services import catalogs
from orders.lifecycle import Step
from orders.tests import roads
from orders.tests.histories import Histories
from orders.tests.market import Market, steps_seen

HISTORIES = int(os.environ.get("MONEY_HISTORIES", "0"))
AT_LEAST = max(1, HISTORIES // 100)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(0 if HISTORIES else 120)
def test_T20_no_history_breaks_the_books_and_every_order_ends(with_a_fee: None) -> None:
    catalogs.seed_base()
    for cell in roads.CELLS:
        market = Market.opened()
        assert roads.take(market, cell), cell
        market.drain()
        market.check()
    declined = Market.opened()
    roads.trouble(declined, "authorize", how="well", fault="decline", then="")
    declined.drain()

    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES or 12,
            stateful_step_count=30 if HISTORIES else 15,
            derandomize=not HISTORIES,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if HISTORIES else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

    seen = steps_seen()
    sys.stdout.write("".join(f"\n{step.value:20}{seen.get(step, 0):>9,}" for step in Step) + "\n")
    rare = {step.value: seen.get(step, 0) for step in Step if seen.get(step, 0) < AT_LEAST}
    assert not rare, f"steps that were hardly made: {rare}"
