"""A category and everything below it, asked once in a while and not at every search."""

from __future__ import annotations

from uuid import UUID

from listings.models import Category
from marketplace.common.shortlived import ShortLived

families: ShortLived[UUID, list[UUID]] = ShortLived(5.0)


def family_of(category_id: UUID) -> list[UUID]:
    return families.get(category_id, lambda: Category.objects.family_of(category_id))
