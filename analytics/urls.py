"""Addresses under `/v1/`."""

from __future__ import annotations

from django.urls import path

from analytics.views import events, exports, questions, sellers

DOORS = (
    *(questions.ListingsByDay, questions.EscrowBySteps, questions.EventsByDay, questions.ClicksByDay),
    *(questions.ScreenTime, questions.UsersByDay, questions.SessionsByDay, questions.OrdersByDay),
    *(questions.MoneyByDay, questions.QuickViewsByDay),
)

of_events = [path("", events.Events.as_view())]  # asked so often that it stands before everybody else's
urlpatterns = [
    path("features/use", events.FeatureUse.as_view()),
    path("telemetry/sellers/<uuid:seller_id>/response-metrics", sellers.ResponseMetrics.as_view()),
    path("sellers/me/numbers", sellers.SellerNumbers.as_view()),
    path("analytics/exports/<str:question>.csv", exports.QuestionExport.as_view()),
    *(path(f"analytics/bq/{door.name}", door.as_view()) for door in DOORS),
]
