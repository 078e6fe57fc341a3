"""Endpoints, whose secret is shown once, and what was sent to them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import User
from marketplace.common.admin import Decision, DecisionAdmin, OfferedFilters, ReadOnlyAdmin, badge
from marketplace.common.admin.badges import Kind
from orders.models import WebhookDelivery, WebhookEndpoint
from orders.services.webhooks import addresses, endpoints
from orders.services.webhooks.events import EVENTS

MANAGE = "orders.change_webhookendpoint"
KINDS: dict[str, Kind] = {"sent": "success", "waiting": "info", "dead": "danger"}


class EndpointForm(forms.ModelForm[WebhookEndpoint]):
    events = forms.MultipleChoiceField(
        label=_("Events"), choices=[(name, name) for name in EVENTS], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = WebhookEndpoint
        fields: ClassVar = ("name", "url", "events", "is_active")

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            addresses.check(url)
        except addresses.AddressRefused as refused:
            raise ValidationError(refused.text) from refused
        return url


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OfferedFilters):
    form = EndpointForm
    list_display = ("name", "url", "state", "added_by", "created_at")
    list_select_related = ("added_by",)
    ordering = ("-id",)
    fields = ("name", "url", "events", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # what was sent to it has to stay explainable; it is switched off

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        told = {name: form.cleaned_data[name] for name in ("name", "url", "events")}
        if change:
            endpoints.change(_me(request), obj, **told, is_on=form.cleaned_data["is_active"])
            return
        made = endpoints.add(_me(request), **told)
        obj.pk = made.pk
        secret = _("The secret, shown this once: %(secret)s") % {"secret": made.secret}
        self.message_user(request, secret, messages.WARNING)

    @admin.display(description=_("state"), ordering="is_active")
    def state(self, endpoint: WebhookEndpoint) -> str:
        return badge(_("on"), "success") if endpoint.is_active else badge(_("off"), "default")


def _me(request: HttpRequest) -> Any:
    """Staff: the admin lets nobody else in."""
    return request.user


def _replay(delivery: WebhookDelivery, actor: User, reason: str) -> None:
    endpoints.replay(actor, delivery.pk, reason=reason)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(DecisionAdmin, ReadOnlyAdmin):
    decisions = (
        Decision(
            name="replay",
            title=_("Send again"),
            explanation=_("Under the same event id, so that the other side can tell that it has it already."),
            permission=MANAGE,
            applies_to=lambda delivery: delivery.state != WebhookDelivery.State.WAITING,
            carry_out=_replay,
            icon="replay",
        ),
    )
    list_display = ("event", "endpoint", "state_label", "attempts", "due_at", "created_at")
    list_filter = ("state", "endpoint", "event")
    search_fields = ("=event_id", "=order_id")
    search_help_text = _("Id of the event or of the order")
    list_select_related = ("endpoint",)
    ordering = ("-id",)
    actions = ("replay_dead",)
    fields = ("event", "endpoint", "state_label", "event_id", "order_id", "payload", "attempts", "due_at", "tries")
    readonly_fields = fields

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MANAGE)

    @admin.action(description=_("Send the dead ones again"), permissions=["replay"])
    def replay_dead(self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]) -> None:
        dead = list(chosen.filter(state=WebhookDelivery.State.DEAD).values_list("pk", flat=True))
        for key in dead:
            endpoints.replay(_me(request), key, reason="")
        self.message_user(request, _("%(count)s will be tried again within seconds.") % {"count": len(dead)})

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, delivery: WebhookDelivery) -> str:
        return badge(delivery.get_state_display(), KINDS[delivery.state])

    @admin.display(description=_("its last attempts"))
    def tries(self, delivery: WebhookDelivery) -> SafeString | str:
        rows = ((each["at"], each["answer"], each["milliseconds"]) for each in reversed(delivery.log))
        return format_html_join(mark_safe("<br>"), "{}: {} ({} ms)", rows) or "-"
