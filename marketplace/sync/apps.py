from __future__ import annotations

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "marketplace.sync"
    label = "sync"

    def ready(self) -> None:
        from marketplace.sync import of_accounts, of_chat, of_listings, of_orders  # noqa: F401  (what is synced)
