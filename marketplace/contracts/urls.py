"""The addresses of all contracts, mounted at the root: no family has a prefix of its own."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("marketplace.contracts.people.urls")),
    path("", include("marketplace.contracts.polimarket.urls")),
    path("", include("marketplace.contracts.izpochat.urls")),
    path("", include("marketplace.contracts.soporteit.urls")),
    path("", include("marketplace.contracts.chat_starter.urls")),
]
