from __future__ import annotations

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "marketplace.sync"
    label = "sync"

    def ready(self) -> None:
        from marketplace.common import metrics
        from marketplace.common.sweeper import sweeper
        from marketplace.sync import clock, housekeeping, of_accounts, of_chat, of_listings, of_orders  # noqa: F401  (what is synced)

        sweeper.add(clock.now)  # notes an epoch where the last one is old
        metrics.asked.add(housekeeping.gauges)
