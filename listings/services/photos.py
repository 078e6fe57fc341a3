"""Pictures of listings, for other parts of the product; the parts are in `pictures/`."""

from __future__ import annotations

from listings.services.pictures.arranging import arrange, remove
from listings.services.pictures.showing import preview_of, preview_url
from listings.services.pictures.upkeep import collect_orphans, rebuild
from listings.services.pictures.uploading import confirm, presign

__all__ = ["arrange", "collect_orphans", "confirm", "presign", "preview_of", "preview_url", "rebuild", "remove"]
