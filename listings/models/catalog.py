"""Categories (a tree) and brands. Anybody signed in may add one; moderators look at what was added."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from marketplace.common.ids import KeyField

Entry = TypeVar("Entry", bound="CatalogEntry")


class CatalogQuerySet(models.QuerySet[Entry]):
    def shown(self) -> Self:
        return self.filter(is_hidden=False)

    def with_slug(self, slug: str) -> Self:
        return self.alias(plain=Lower("slug")).filter(plain=slug.strip().lower())

    def unreviewed(self) -> Self:
        return self.filter(reviewed_at__isnull=True)


class CatalogEntry(models.Model):
    """What a category and a brand have in common. `reviewed_at` is empty until a moderator has looked at it."""

    id = KeyField()
    slug = models.CharField(max_length=60)
    name = models.CharField(max_length=80)
    is_hidden = models.BooleanField(default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def living(self) -> CatalogEntry:
        """What it has become: only a row that is shown can be merged into, so this ends."""
        entry: CatalogEntry = self
        while entry.merged_into is not None:
            entry = entry.merged_into
        return entry


class CategoryQuerySet(CatalogQuerySet["Category"]):
    def family_of(self, key: UUID) -> list[UUID]:
        """A category and everything below it."""
        family, level = [key], [key]
        while level:
            level = list(self.filter(parent__in=level).values_list("pk", flat=True))
            family += level
        return family


class Category(CatalogEntry):
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    objects: ClassVar[Any] = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("slug"), name="category_slug_once"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_its_own_parent"),
        ]


class Brand(CatalogEntry):
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="brands")

    objects: ClassVar[Any] = CatalogQuerySet["Brand"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("slug"), "category", nulls_distinct=False, name="brand_slug_once"),
        ]
