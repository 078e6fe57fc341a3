"""`/v1`: numbers."""

from __future__ import annotations

from django.urls import path

from analytics.views import events

of_events = [path("", events.Events.as_view())]  # asked so often that it stands before everybody else's
urlpatterns = [
    path("features/use", events.FeatureUse.as_view()),
]
