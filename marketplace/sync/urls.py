"""`/v1`: copies that phones keep."""

from __future__ import annotations

from django.urls import path

from marketplace.sync import views

urlpatterns = [
    path("sync/delta", views.SyncDelta.as_view()),
    path("sync/push", views.SyncPush.as_view()),
    path("catalog/delta", views.CatalogDelta.as_view()),
]
