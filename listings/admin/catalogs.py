"""Categories and brands: what people added waits at the top until a moderator has looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Case, IntegerField, Model, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from listings.models import Brand, Category
from listings.services import catalog_care
from listings.services.catalog_care import Entry
from marketplace.common.admin import Decision, DecisionAdmin, badge
from marketplace.common.admin.decisions import ReasonForm

UNREVIEWED_FIRST = Case(When(reviewed_at__isnull=True, then=Value(0)), default=Value(1), output_field=IntegerField())


class MergeForm(ReasonForm):
    into: Any = forms.ModelChoiceField(queryset=None, label=_("Merge into"), widget=UnfoldAdminSelectWidget)
    field_order = ("into", "reason")

    def __init__(self, entry: Entry, data: Any) -> None:
        super().__init__(data)
        others = type(entry).objects.shown().exclude(pk=entry.pk).order_by("name", "id")
        self.fields["into"].queryset = others  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Merge(Decision[Any]):
    """Asks for the other one, too."""

    def form_for(self, thing: Entry, data: Any) -> forms.Form:
        return MergeForm(thing, data)

    def take(self, thing: Entry, actor: User, answers: dict[str, Any]) -> None:
        catalog_care.merge(thing, into=answers["into"].pk, actor=actor, reason=answers["reason"], now=timezone.now())


def _always(entry: Entry) -> bool:
    return True


def _without_knowing_into_which(entry: Entry, actor: User, reason: str) -> None:
    raise NotImplementedError("`Merge.take` has the whole answer")


def _set_hidden(is_hidden: bool) -> Any:
    def carry_out(entry: Entry, actor: User, reason: str) -> None:
        catalog_care.set_hidden(entry, is_hidden=is_hidden, actor=actor, reason=reason, now=timezone.now())

    return carry_out


def decisions_on(permission: str) -> tuple[Decision[Any], ...]:
    return (
        Merge(
            name="merge",
            title=_("Merge into another"),
            explanation=_("Its listings, and what hangs on it, become the other's. This cannot be taken back."),
            permission=permission,
            applies_to=_always,
            carry_out=_without_knowing_into_which,
            icon="merge",
        ),
        Decision(
            name="hide",
            title=_("Hide"),
            explanation=_("Nobody can choose it any more. What is listed under it stays listed."),
            permission=permission,
            applies_to=lambda entry: not entry.is_hidden,
            carry_out=_set_hidden(True),
            icon="visibility_off",
            variant=ActionVariant.DANGER,
        ),
        Decision(
            name="show-again",
            title=_("Show again"),
            explanation=_("It can be chosen as before."),
            permission=permission,
            applies_to=lambda entry: entry.is_hidden,
            carry_out=_set_hidden(False),
            icon="visibility",
            variant=ActionVariant.PRIMARY,
        ),
    )


def _me(request: HttpRequest) -> Any:
    """Staff: the admin lets nobody else in."""
    return request.user


class ReviewedFilter(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "reviewed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("not reviewed")), ("yes", _("reviewed"))]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return rows
        return rows.filter(reviewed_at__isnull=self.value() == "no")


class EntryAdmin(DecisionAdmin):
    """The name can be edited; everything else is a decision."""

    list_filter: Any = (ReviewedFilter, "is_hidden")
    search_fields = ("name", "slug")
    list_per_page = 50
    show_full_result_count = False
    actions = ("mark_reviewed",)
    readonly_fields: Any = ("slug", "review", "added_by", "created_at", "id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # the apps do it, where two that add the same get the same

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # phones hold its id; it is hidden or merged

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [UNREVIEWED_FIRST.asc(), "name", "id"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if "name" in form.changed_data:
            stored = type(obj).objects.get(pk=obj.pk)
            catalog_care.rename(stored, name=obj.name, actor=_me(request), now=timezone.now())

    @admin.action(description=_("Mark as reviewed"), permissions=["change"])
    def mark_reviewed(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        count = catalog_care.mark_reviewed(chosen, actor=_me(request), now=timezone.now())
        self.message_user(request, _("%(count)s reviewed.") % {"count": count})

    @admin.display(description=_("state"), ordering="reviewed_at")
    def review(self, entry: Entry) -> str:
        if entry.is_hidden:
            return badge(_("hidden"), "danger")
        return badge(_("reviewed"), "success") if entry.reviewed_at else badge(_("new"), "warning")


class CategoryForm(forms.ModelForm[Category]):
    class Meta:
        model = Category
        fields = ("name", "parent")

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        if parent is not None and parent.pk in Category.objects.family_of(self.instance.pk):
            raise ValidationError(_("A category cannot stand below itself."))
        return parent


@admin.register(Category)
class CategoryAdmin(EntryAdmin):
    form = CategoryForm
    decisions = decisions_on("listings.change_category")
    list_display = ("name", "slug", "parent", "review", "added_by", "created_at")
    list_select_related = ("parent", "added_by")
    fields = (("name", "slug"), ("parent", "review"), ("added_by", "created_at", "id"))

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "parent" in form.changed_data:
            catalog_care.move(obj.pk, below=obj.parent_id, actor=_me(request), now=timezone.now())


@admin.register(Brand)
class BrandAdmin(EntryAdmin):
    decisions = decisions_on("listings.change_brand")
    list_display = ("name", "slug", "category", "review", "added_by", "created_at")
    list_filter = (ReviewedFilter, "is_hidden", "category")
    list_select_related = ("category", "added_by")
    fields = (("name", "slug"), ("category", "review"), ("added_by", "created_at", "id"))
    readonly_fields = (*EntryAdmin.readonly_fields, "category")


def unreviewed_categories(request: HttpRequest) -> int:
    """The badge in the menu."""
    return int(Category.objects.unreviewed().count())


def unreviewed_brands(request: HttpRequest) -> int:
    return int(Brand.objects.unreviewed().count())
