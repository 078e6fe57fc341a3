"""People: found quickly, seen whole, changed only through services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.admin import person_decisions
from accounts.admin.forms import AddPersonForm
from accounts.admin.inlines import DeviceInline, ReportInline, SessionInline
from accounts.admin.ranks import outranks
from accounts.models import PersonReport, User
from accounts.services import people, registration
from marketplace.common import audit
from marketplace.common.admin import Decision, DecisionAdmin, badge, exactly
from marketplace.common.models import AuditEntry

PROFILE = ("name", "campus", "language", "is_discoverable", "shows_last_seen")
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
FACTS = (
    ("status", "username", "email_state"),
    ("number", "role", "is_delivery"),
    ("created_at", "last_login"),
    ("id", "disabled_reason"),
)
TRAIL_LENGTH = 50


class VerifiedFilter(admin.SimpleListFilter):
    title = _("e-mail address")
    parameter_name = "verified"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("verified")), ("no", _("not verified"))]

    def queryset(self, request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
        if self.value() not in ("yes", "no"):
            return people
        return people.filter(email_verified_at__isnull=self.value() == "no")


@admin.register(User)
class PersonAdmin(DecisionAdmin):
    decisions = person_decisions.DECISIONS
    list_display = ("person", "email", "number", "status", "standing", "role", "created_at", "last_login")
    list_filter = ("is_active", "is_staff", "role", VerifiedFilter, ("created_at", admin.DateFieldListFilter))
    search_fields = ("username", "name", "email")
    search_help_text = _("User name, name, e-mail address, number or id")
    ordering = ("-created_at", "-id")
    list_per_page = 50
    show_full_result_count = False
    filter_horizontal = ("groups", "user_permissions")
    inlines = (SessionInline, DeviceInline, ReportInline)
    change_form_outer_after_template = "admin/accounts/trail.html"
    fieldsets = (
        (None, {"fields": FACTS}),
        (_("Profile"), {"fields": (("name", "campus"), ("language", "is_discoverable", "shows_last_seen"))}),
        (_("Rights"), {"fields": RIGHTS, "classes": ["collapse"]}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "email", "campus", "password")}),)

    # ── Who may ──

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: User) -> bool:
        return super().may_decide(request, decision, thing) and outranks(request.user, thing)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or outranks(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # an account is disabled; what its owner bought, sold and did has to stay explainable

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        facts = tuple(name for row in FACTS for name in row)
        return facts if request.user.is_superuser else facts + RIGHTS

    # ── Finding ──

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        exact = exactly(search_term.strip())
        return (found | queryset.filter(exact) if exact else found), may_repeat

    # ── Saving ──

    def get_form(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = AddPersonForm
        return super().get_form(request, obj, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            self._register(request, obj, form.cleaned_data)
            return
        profile = {name: form.cleaned_data[name] for name in form.changed_data if name in PROFILE}
        if profile:
            people.update_profile(obj, profile)
        if rights := [name for name in form.changed_data if name in RIGHTS]:
            self._save_rights(request, obj, rights)

    def _register(self, request: HttpRequest, obj: User, facts: dict[str, Any]) -> None:
        made = registration.register(**facts)
        audit.record("person.created", made, actor=request.user)
        obj.pk = made.pk
        obj.refresh_from_db()

    def _save_rights(self, request: HttpRequest, obj: User, changed: list[str]) -> None:
        """Only superusers get fields for these; groups and permissions are saved right after, with the form."""
        User.objects.filter(pk=obj.pk).update(is_staff=obj.is_staff, is_superuser=obj.is_superuser)
        audit.record("role.rights_changed", obj, actor=request.user, data={"changed": changed})

    # ── Showing ──

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if (person := kwargs.get("obj")) is not None:
            context["trail"] = list(trail_of(person)[:TRAIL_LENGTH])
        return super().render_change_form(request, context, **kwargs)

    @display(description=_("person"), header=True, ordering="username")  # type: ignore[untyped-decorator]
    def person(self, person: User) -> list[str]:
        return [person.display_name, f"@{person.username}"]

    @admin.display(description=_("state"), ordering="is_active")
    def status(self, person: User) -> str:
        return badge(_("active"), "success") if person.is_active else badge(_("disabled"), "danger")

    @admin.display(description=_("standing"), ordering="is_staff")
    def standing(self, person: User) -> str:
        if person.is_superuser:
            return badge(_("superuser"), "warning")
        return badge(_("staff"), "info") if person.is_staff else "-"

    @admin.display(description=_("e-mail address"))
    def email_state(self, person: User) -> str:
        if not person.email:
            return gettext("none")
        state = gettext("verified") if person.email_verified_at else gettext("not verified")
        return f"{person.email} ({state})"


def trail_of(person: User) -> QuerySet[AuditEntry]:
    """What was done to this account, and decided about reports on it."""
    reports = PersonReport.objects.filter(person=person).values_list(Cast("pk", CharField()))
    done = Q(target_type="user", target_id=str(person.pk)) | Q(target_type="personreport", target_id__in=reports)
    return AuditEntry.objects.filter(done).select_related("actor").order_by("-id")
