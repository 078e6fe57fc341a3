from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ListingsConfig(AppConfig):
    name = "listings"

    def ready(self) -> None:
        from listings import listeners  # noqa: F401  (what happens to accounts happens to their listings)
        from listings.services import maintenance
        from listings.services.pictures import events as pictures
        from listings.tasks import chores_in_a_thread, pictures_in_a_thread, work_off_chores, work_off_pictures
        from marketplace.common.sweeper import sweeper

        post_migrate.connect(ensure_roles, sender=self)
        maintenance.wake_up.means(work_off_chores.delay)
        sweeper.add(chores_in_a_thread)
        pictures.wake_up.means(work_off_pictures.delay)
        sweeper.add(pictures_in_a_thread)

    def seed(self) -> str | None:
        from listings.services.catalogs import seed_base
        from listings.services.features import seed_switches

        seed_switches()
        return seed_base()

    def make_demo_data(self) -> str | None:
        """Once: a site that has any listing keeps to its own."""
        from django.utils import timezone

        from listings.demo import campus
        from listings.models import Listing

        if Listing.objects.exists():
            return None
        return f"Demo campus made: {campus.build(campus.Plan(), now=timezone.now())}."


def ensure_roles(**_: object) -> None:
    from accounts.services.roles import grant
    from listings.roles import MODERATOR_PERMISSIONS

    grant(MODERATOR_PERMISSIONS)
