"""The addresses of people."""

from __future__ import annotations

from django.urls import path

from marketplace.contracts.people import views

urlpatterns = [
    path("auth/me", views.WhoAmI.as_view()),
    path("users/me", views.Myself.as_view()),
]
