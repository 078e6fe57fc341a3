"""`/v1`: numbers."""

from __future__ import annotations

from django.urls import path

from analytics.views import sellers

urlpatterns = [
    path("telemetry/sellers/<uuid:seller_id>/response-metrics", sellers.ResponseMetrics.as_view()),
    path("sellers/me/numbers", sellers.SellerNumbers.as_view()),
]
