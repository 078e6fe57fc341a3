"""`/v1`: things."""

from __future__ import annotations

from django.urls import path

from listings.views import catalogs, images, interest, listings, operations, pricing, reports

urlpatterns = [
    path("listings", listings.Listings.as_view({"get": "list", "post": "create"})),
    path("listings/suggest", listings.Listings.as_view({"get": "suggest"})),
    path("listings/<uuid:listing_id>/price-history", listings.Listings.as_view({"get": "price_history"})),
    path(
        "listings/<uuid:listing_id>",
        listings.Listings.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("categories", catalogs.Categories.as_view({"get": "list", "post": "create"})),
    path("brands", catalogs.Brands.as_view({"get": "list", "post": "create"})),
    path("price-suggestions/suggest", pricing.Suggest.as_view()),
    path("price-suggestions/<uuid:listing_id>/recent", pricing.RecentSuggestions.as_view()),
    path("price-suggestions/<uuid:listing_id>/compute", pricing.ComputeSuggestion.as_view()),
    path("features", operations.Features.as_view()),
    path("maintenance/thumbnails/rebuild", operations.RebuildThumbnails.as_view()),
    path("maintenance/price-suggestions/precompute", operations.PrecomputePrices.as_view()),
    path("maintenance/cleanup/orphans", operations.CollectOrphans.as_view()),
    path("maintenance/tasks/<uuid:task_id>", operations.Tasks.as_view()),
    path("listings/<uuid:listing_id>/favourite", interest.OneFavourite.as_view()),
    path("listings/<uuid:listing_id>/viewed", interest.Viewed.as_view()),
    path("listings/<uuid:listing_id>/report", reports.ListingReports.as_view()),
    path("favourites", interest.Favourites.as_view()),
    path("recently-viewed", interest.RecentlyViewed.as_view()),
    path("saved-searches", interest.SavedSearches.as_view({"get": "list", "post": "create"})),
    path(
        "saved-searches/<uuid:search_id>",
        interest.SavedSearches.as_view({"patch": "partial_update", "delete": "destroy"}),
    ),
    path("images/presign", images.Presign.as_view()),
    path("images/confirm", images.Confirm.as_view()),
    path("images/preview", images.Preview.as_view()),
    path("listings/<uuid:listing_id>/image", images.ListingImage.as_view()),
    path("listings/<uuid:listing_id>/photos", images.Photos.as_view()),
    path("listings/<uuid:listing_id>/photos/order", images.PhotoOrder.as_view()),
    path("listings/<uuid:listing_id>/photos/<uuid:photo_id>", images.OnePhoto.as_view()),
]
