"""Categories and brands: the base that is always there, and what people add to it."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from listings.models import Brand, Category
from marketplace.common import outbox
from marketplace.common.errors import InvalidInput

BASE_CATEGORIES = {
    "laptops": "Laptops",
    "phones": "Phones",
    "accessories": "Accessories",
    "textbooks": "Textbooks",
    "services": "Services",
}
BASE_BRANDS = {
    "lenovo": ("Lenovo", "laptops"),
    "apple": ("Apple", "laptops"),
    "samsung": ("Samsung", "phones"),
    "logitech": ("Logitech", "accessories"),
}


def seed_base() -> str:
    """The contract's own. What a moderator hid or renamed stays as it is."""
    categories = [_base(Category, slug, name) for slug, name in BASE_CATEGORIES.items()]
    Category.objects.bulk_create(categories, ignore_conflicts=True)
    by_slug = {category.slug: category for category in Category.objects.filter(slug__in=BASE_CATEGORIES)}
    brands = [_base(Brand, slug, name, category=by_slug[home]) for slug, (name, home) in BASE_BRANDS.items()]
    Brand.objects.bulk_create(brands, ignore_conflicts=True)
    return "Seeded base categories."  # at every start, as the contract's log has it


def _base(model: Any, slug: str, name: str, **facts: Any) -> Any:
    return model(slug=slug, name=name, reviewed_at=Now(), **facts)


def settled_category(*, slug: str, name: str) -> Category:
    """One that the product itself needs, made when it is needed first; or what a moderator has merged it into."""
    Category.objects.bulk_create([_base(Category, slug, name)], ignore_conflicts=True)
    found: Category = Category.objects.with_slug(slug).get()
    return cast(Category, found.living())


def add_category(*, slug: str, name: str, by: User) -> tuple[Category, bool]:
    """The one with this slug, or what it was merged into, and whether it is new: two phones get the same."""
    return _get_or_add(Category, slug=slug, name=name, by=by)


def add_brand(*, slug: str, name: str, category_id: UUID | None, by: User) -> tuple[Brand, bool]:
    if category_id is not None and not Category.objects.shown().filter(pk=category_id).exists():
        raise InvalidInput.one(["body", "category_id"], "There is no such category")
    return _get_or_add(Brand, slug=slug, name=name, by=by, category_id=category_id)


@transaction.atomic
def _get_or_add(model: Any, *, slug: str, name: str, by: User, **home: Any) -> tuple[Any, bool]:
    row = model(slug=slug.lower(), name=name, added_by=by, reviewed_at=Now() if by.is_staff else None, **home)
    model.objects.bulk_create([row], ignore_conflicts=True)
    found = model.objects.with_slug(slug).get(**home)
    is_new = bool(found.pk == row.pk)
    if is_new:
        outbox.publish(f"{model._meta.model_name}.added", id=str(found.pk), by=str(by.pk))
    return found.living(), is_new
