"""One row of each kind that the admin shows, for the tests that walk through all of its pages."""

from __future__ import annotations

from django.db.models import Model

from accounts.models import User
from listings.models import Brand, Category, FeatureSwitch, ListingFlag, ListingReport
from listings.services import listings


def admin_rows(seller: User) -> dict[str, Model]:
    category = Category.objects.create(slug="tools", name="Tools")
    brand = Brand.objects.create(slug="bosch", name="Bosch", category=category)
    listing = listings.offer(seller, facts={"title": "Drill", "price_cents": 1, "category": category, "brand": brand})
    reporter = User.objects.create(username="reporter-of-things")
    return {
        "category": category,
        "brand": brand,
        "listing": listing,
        "listingreport": ListingReport.objects.create(listing=listing, reporter=reporter, reason="scam"),
        "listingflag": ListingFlag.objects.create(listing=listing, kind="reported"),
        "featureswitch": FeatureSwitch.objects.create(key="hoverboards"),
    }
