from __future__ import annotations

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "marketplace.common"
    label = "common"

    def ready(self) -> None:
        from marketplace.common import outbox, tasks
        from marketplace.common.sweeper import sweeper

        outbox.wake_up.means(tasks.sweep_outbox.delay)
        sweeper.add(outbox.deliver_due)
