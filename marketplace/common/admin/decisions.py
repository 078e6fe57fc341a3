"""How a decision with a reason is taken in the admin of any app: a button, a page that asks why, one service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from marketplace.common.admin.filtering import OfferedFilters
from marketplace.common.errors import DomainError

Thing = TypeVar("Thing", bound=Model)
Text = str | Promise


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
        help_text=_("Kept in the audit trail. Write it for a colleague who was not there."),
    )


@dataclass(frozen=True)
class Decision(Generic[Thing]):
    """A button on a detail page. It asks for a reason, then calls one service.

    One that must know more than the reason asks with a form of its own and overrides `take`.
    """

    name: str
    title: Text
    explanation: Text
    permission: str
    applies_to: Callable[[Thing], bool]
    carry_out: Callable[[Thing, Any, str], None]  # what, who decides, why
    icon: str = "gavel"
    variant: ActionVariant = ActionVariant.DEFAULT
    asks_elsewhere: bool = False  # of another server: nothing is locked meanwhile, and the service looks again itself

    def form_for(self, thing: Thing, data: Any) -> forms.Form:
        return ReasonForm(data)

    def take(self, thing: Thing, actor: Any, answers: dict[str, Any]) -> None:
        self.carry_out(thing, actor, answers["reason"])


class DecisionAdmin(OfferedFilters):
    """An admin whose changes are decisions, not edits."""

    decisions: ClassVar[tuple[Decision[Any], ...]] = ()

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: Any) -> bool:
        return request.user.has_perm(decision.permission)

    def get_urls(self) -> list[URLPattern]:
        route = "<path:object_id>/decide/<slug:name>/"
        view = self.admin_site.admin_view(self.decision_view)
        return [path(route, view, name=self._url_name("decide")), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if (thing := kwargs.get("obj")) is not None:
            context["decisions"] = self._buttons(request, thing)
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def decision_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """GET asks why, POST does it. The row is locked first, so that two moderators cannot act on stale facts."""
        decision = next((each for each in self.decisions if each.name == name), None)
        if decision is None:
            raise Http404
        try:
            return self._decide(request, object_id, decision)
        except DomainError as error:
            self.message_user(request, error.text, messages.ERROR)
            return self._ask_again(request, object_id, decision)

    def _decide(self, request: HttpRequest, object_id: str, decision: Decision[Any]) -> HttpResponse:
        with transaction.atomic():
            thing = self._locked(request, object_id)
            if not self.may_decide(request, decision, thing):
                raise PermissionDenied
            if not decision.applies_to(thing):
                self.message_user(request, _("Nothing changed: this was already done."), messages.WARNING)
                return self._back_to(thing)
            form = decision.form_for(thing, request.POST if request.method == "POST" else None)
            if not form.is_valid():
                return self._ask(request, decision, thing, form)
            if not decision.asks_elsewhere:
                self._carry_out(request, decision, thing, form)
        if decision.asks_elsewhere:
            self._carry_out(request, decision, thing, form)
        self.message_user(request, _("Done: %(what)s.") % {"what": decision.title}, messages.SUCCESS)
        return self._back_to(thing)

    def _ask_again(self, request: HttpRequest, object_id: str, decision: Decision[Any]) -> HttpResponse:
        """What was written is still there: the rollback took the row's changes, not the moderator's words."""
        thing = self.get_object(request, unquote(object_id))
        if thing is None:
            raise Http404
        if request.method != "POST" or not decision.applies_to(thing):
            return self._back_to(thing)
        return self._ask(request, decision, thing, decision.form_for(thing, request.POST))

    def _carry_out(self, request: HttpRequest, decision: Decision[Any], thing: Any, form: forms.Form) -> None:
        decision.take(thing, request.user, form.cleaned_data)
        self.log_change(request, thing, f"{decision.title}: {form.cleaned_data['reason']}")

    def _locked(self, request: HttpRequest, object_id: str) -> Any:
        seen = self.get_object(request, unquote(object_id))
        if seen is None or not self.has_view_permission(request, seen):
            raise Http404
        return self.model._default_manager.select_for_update().get(pk=seen.pk)

    def _ask(self, request: HttpRequest, decision: Decision[Any], thing: Any, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": thing,
            "title": decision.title,
            "decision": decision,
            "form": form,
            "back": reverse(f"admin:{self._url_name('change')}", args=[thing.pk]),
        }
        return TemplateResponse(request, "admin/decision.html", context)

    def _back_to(self, thing: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse(f"admin:{self._url_name('change')}", args=[thing.pk]))

    def _buttons(self, request: HttpRequest, thing: Any) -> list[dict[str, Any]]:
        return [
            {
                "title": each.title,
                "icon": each.icon,
                "variant": each.variant,
                "path": reverse(f"admin:{self._url_name('decide')}", args=[thing.pk, each.name]),
            }
            for each in self.decisions
            if each.applies_to(thing) and self.may_decide(request, each, thing)
        ]

    def _url_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"
