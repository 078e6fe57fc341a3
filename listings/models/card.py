"""A listing as strangers see it, written down as JSON: what lists and details are put together from."""

from __future__ import annotations

from django.db import models

from listings.models.listing import Listing


class Card(models.Model):
    """Kept by triggers on listings and photos; nothing of ours writes it. Where none is, the listing is drawn anew.

    Between its three pieces belong the pieces left, the time of the last change and, at the end, the version: those are
    read from the listing. The last brace is missing, so that a distance can be added, and U+0001 stands where the
    address of public files belongs. docs/decisions/0010-cards.md
    """

    listing = models.OneToOneField(Listing, primary_key=True, on_delete=models.CASCADE, related_name="card")
    seller_id = models.UUIDField()  # theirs is drawn anew: they see the exact place
    head = models.TextField()
    middle = models.TextField()
    tail = models.TextField()

    def __str__(self) -> str:
        return str(self.pk)
