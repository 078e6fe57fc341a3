"""What PoliMarket's doors have in common, and what they look up by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework.permissions import AllowAny

from listings.models import Listing
from listings.services.listings import ListingNotFound
from marketplace.contracts.common import ContractDoor
from marketplace.contracts.polimarket.words import WORDS


class PoliMarketDoor(ContractDoor):
    contracts = ("PoliMarket",)
    words = WORDS


class PublicDoor(PoliMarketDoor):
    """To read, nobody has to show a token. A bad one is refused all the same."""

    def get_permissions(self) -> Sequence[Any]:
        return [AllowAny()] if self.request.method in ("GET", "HEAD", "OPTIONS") else super().get_permissions()


def part_of(rows: Any, query: dict[str, Any]) -> Any:
    return rows[query["offset"] : query["offset"] + query["limit"]]


def products(rows: Any) -> Any:
    """With all that `showing.product` shows."""
    return rows.select_related("seller", "category").defer("search", "plain_title").with_photos()


def product_seen_by(viewer: Any, number: int, *, detail: str | None = None) -> Listing:
    found: Listing | None = products(Listing.objects.visible_to(viewer)).filter(number=number).first()
    if found is None:
        raise ListingNotFound(detail)
    return found
