"""The addresses of people."""

from __future__ import annotations

from django.urls import path

from marketplace.contracts.people import views

urlpatterns = [
    path("auth/register", views.Register.as_view()),
    path("auth/login", views.Login.as_view()),
    path("auth/me", views.WhoAmI.as_view()),
    path("users/me", views.Myself.as_view()),
    path("users/<int:number>", views.SomeBody.as_view()),
]
