"""Owns things: categories and brands, listings, search and radius, pictures, favourites, alerts, price suggestions.

Owns no money and no talk: orders hold and sell what is listed here, chats speak about it, both from above.
Start reading at `models/listing.py`, then `services/listings.py` and `querysets/`.
"""
