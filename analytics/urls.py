"""`/v1`: numbers."""

from __future__ import annotations

from django.urls import path

from analytics.views import exports, questions, sellers

DOORS = (
    *(questions.ListingsByDay, questions.EscrowBySteps, questions.EventsByDay, questions.ClicksByDay),
    *(questions.ScreenTime, questions.UsersByDay, questions.SessionsByDay, questions.OrdersByDay),
    *(questions.MoneyByDay, questions.QuickViewsByDay),
)

urlpatterns = [
    path("telemetry/sellers/<uuid:seller_id>/response-metrics", sellers.ResponseMetrics.as_view()),
    path("sellers/me/numbers", sellers.SellerNumbers.as_view()),
    path("analytics/exports/<str:question>.csv", exports.QuestionExport.as_view()),
    *(path(f"analytics/bq/{door.name}", door.as_view()) for door in DOORS),
]
