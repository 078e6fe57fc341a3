from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from marketplace.common import metrics
        from marketplace.common.sweeper import sweeper
        from orders import listeners  # noqa: F401  (who is told, and when)
        from orders.services import health, operations, paying, reminding, timeouts  # noqa: F401  (they register deadlines)
        from orders.tasks import money_in_a_thread, work_off_money

        post_migrate.connect(ensure_roles, sender=self)
        operations.wake_up.means(work_off_money.delay)
        sweeper.add(money_in_a_thread)
        metrics.asked.add(health.gauges)


def ensure_roles(**_: object) -> None:
    from accounts.services.roles import grant
    from orders.roles import MODERATOR_PERMISSIONS

    grant(MODERATOR_PERMISSIONS)
