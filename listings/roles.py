"""What the Moderators group may do here."""

MODERATOR_PERMISSIONS = (
    "listings.view_listing",
    "listings.moderate_listing",
    "listings.view_category",
    "listings.change_category",
    "listings.view_brand",
    "listings.change_brand",
    "listings.view_photo",
    "listings.view_listingreport",
    "listings.change_listingreport",
    "listings.view_listingflag",
    "listings.change_listingflag",
)
