from __future__ import annotations

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics.tasks import keep_a_day_ahead
        from marketplace.common.sweeper import sweeper

        sweeper.add(keep_a_day_ahead)

    def seed(self) -> None:
        """At each start: the days ahead have their places before the first event comes."""
        from django.utils import timezone

        from analytics.services import days

        days.prepare(now=timezone.now())
