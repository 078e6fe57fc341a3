from __future__ import annotations

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics import listeners
        from analytics.tasks import keep_a_day_ahead
        from listings.search import heard
        from marketplace.common.sweeper import sweeper

        heard.listen(listeners.note_search)
        sweeper.add(keep_a_day_ahead)

    def make_demo_data(self) -> str | None:
        """Once: a site that has any event keeps to its own."""
        from django.utils import timezone

        from analytics import demo

        made = demo.build(demo.Plan(), now=timezone.now())
        return f"Demo telemetry made: {made} events." if made else None

    def seed(self) -> None:
        """At each start: the days ahead have their places before the first event comes."""
        from django.utils import timezone

        from analytics.services import days

        days.prepare(now=timezone.now())
