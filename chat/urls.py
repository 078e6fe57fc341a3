"""`/v1`: talk."""

from __future__ import annotations

from django.urls import path

from chat.views import tickets

urlpatterns = [
    path("ws/ticket", tickets.Ticket.as_view()),
]
