"""`/v1`: things."""

from __future__ import annotations

from django.urls import path

from listings.views import catalogs, listings

urlpatterns = [
    path("categories", catalogs.Categories.as_view({"get": "list", "post": "create"})),
    path("brands", catalogs.Brands.as_view({"get": "list", "post": "create"})),
    path("listings", listings.Listings.as_view({"get": "list", "post": "create"})),
    path(
        "listings/<uuid:listing_id>",
        listings.Listings.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
]
