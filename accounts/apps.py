from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import (
            listeners,  # noqa: F401  (tells people what happened to their account)
            schema,  # noqa: F401  (tells OpenAPI about bearer tokens)
        )
        from accounts.notices import deliver, telling
        from accounts.tasks import sweep_deliveries
        from marketplace.common.sweeper import sweeper

        post_migrate.connect(ensure_roles, sender=self)
        sweeper.add(deliver.deliver_due)
        telling.wake_up.means(sweep_deliveries.delay)


def ensure_roles(**_: Any) -> None:
    """Permissions exist only after a migration, so this is the moment to give them to groups."""
    from accounts.services.roles import ensure_moderators

    ensure_moderators()
