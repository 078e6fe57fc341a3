from __future__ import annotations

from django.urls import path

from marketplace.contracts.soporteit import views

urlpatterns = [
    path("users/admins", views.Admins.as_view()),
    path("users/clients", views.Clients.as_view()),
    path("messages/history", views.History.as_view()),
    path("messages/send", views.Send.as_view()),
]
