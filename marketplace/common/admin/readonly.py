"""Rows to look at, never to edit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import TabularInline

from marketplace.common.admin.filtering import OfferedFilters


class ReadOnlyAdmin(OfferedFilters):
    list_per_page = 50
    show_full_result_count = False
    actions: ClassVar[Any] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LookOnlyInline(TabularInline):  # type: ignore[misc]
    """Rows below the row they belong to. Whoever has `seen_with` may view them; nobody edits them there."""

    seen_with: ClassVar[str]
    fk_name: ClassVar[str]
    tab = True
    extra = 0
    per_page = 20
    hide_title = True
    show_count = True
    ordering: ClassVar[Any] = ("-id",)

    def get_count(self, request: HttpRequest, obj: Model) -> int:
        return int(self.model._default_manager.filter(**{self.fk_name: obj}).count())

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(self.seen_with)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
