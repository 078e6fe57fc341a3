"""`/v1`: numbers."""

from __future__ import annotations

from django.urls import path

from analytics.views import questions

DOORS = (
    *(questions.ListingsByDay, questions.EscrowBySteps, questions.EventsByDay, questions.ClicksByDay),
    *(questions.ScreenTime, questions.UsersByDay, questions.SessionsByDay, questions.OrdersByDay),
    *(questions.MoneyByDay, questions.QuickViewsByDay),
)

urlpatterns = [path(f"analytics/bq/{door.name}", door.as_view()) for door in DOORS]
