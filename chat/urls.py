"""`/v1`: talk."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
