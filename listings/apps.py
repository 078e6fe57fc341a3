from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ListingsConfig(AppConfig):
    name = "listings"

    def ready(self) -> None:
        from listings import listeners  # noqa: F401  (what happens to accounts happens to their listings)

        post_migrate.connect(ensure_roles, sender=self)

    def seed(self) -> str | None:
        from listings.services.catalogs import seed_base

        return seed_base()


def ensure_roles(**_: object) -> None:
    from accounts.services.roles import grant
    from listings.roles import MODERATOR_PERMISSIONS

    grant(MODERATOR_PERMISSIONS)
