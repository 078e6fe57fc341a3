from listings.models.card import Card
from listings.models.catalog import Brand, Category
from listings.models.fresh import Fresh, FreshSince
from listings.models.interest import Favourite, RecentView, SavedSearch, SavedSearchHit
from listings.models.listing import Listing, ListingPrice
from listings.models.moderation import ListingFlag, ListingReport
from listings.models.operations import FeatureSwitch, MaintenanceRun
from listings.models.photo import Photo, RemovedPhoto
from listings.models.pricing import PricePrior, PriceSuggestion

__all__ = [
    "Brand",
    "Card",
    "Category",
    "Favourite",
    "FeatureSwitch",
    "Fresh",
    "FreshSince",
    "Listing",
    "ListingFlag",
    "ListingPrice",
    "ListingReport",
    "MaintenanceRun",
    "Photo",
    "PricePrior",
    "PriceSuggestion",
    "RecentView",
    "RemovedPhoto",
    "SavedSearch",
    "SavedSearchHit",
]
