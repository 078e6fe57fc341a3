"""`/v1`: numbers."""

from __future__ import annotations

from django.urls import path

from analytics.views import events

urlpatterns = [
    path("events", events.Events.as_view()),
    path("features/use", events.FeatureUse.as_view()),
]
