from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.management.base import CommandParser
from django.db.models.signals import post_migrate


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from marketplace.common import metrics
        from marketplace.common.sweeper import sweeper
        from orders import listeners  # noqa: F401  (who is told, and when)
        from orders.services import health, operations, paying, reminding, timeouts  # noqa: F401  (they register deadlines)
        from orders.services.disputes import escalating  # noqa: F401  (as does this)
        from orders.tasks import money_in_a_thread, work_off_money

        post_migrate.connect(ensure_roles, sender=self)
        operations.wake_up.means(work_off_money.delay)
        sweeper.add(money_in_a_thread)
        metrics.asked.add(health.gauges)

    def make_demo_data(self) -> str | None:
        """Once: a site where anything was ever ordered keeps to its own."""
        from django.utils import timezone

        from orders.demo import market
        from orders.models import Order

        if Order.objects.exists():
            return None
        made = market.build(market.Plan(), now=timezone.now())
        return f"Demo orders made: {made}." if made else None

    def add_demo_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--orders", type=int, default=0, help="orders in every state, between these people")

    def make_more_demo_data(self, *, seed: int, users: int, orders: int, **_: Any) -> str | None:
        from django.utils import timezone

        from orders.demo import market

        made = market.build(market.Plan(seed=seed, users=users, orders=orders), now=timezone.now())
        return f"Added {made} orders." if made else None


def ensure_roles(**_: object) -> None:
    from accounts.services.roles import grant
    from orders.roles import MODERATOR_PERMISSIONS

    grant(MODERATOR_PERMISSIONS)
