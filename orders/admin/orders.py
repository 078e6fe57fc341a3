"""An order's whole story on one page, and the queues of those that wait for somebody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from marketplace.common.admin import Decision, DecisionAdmin, ReadOnlyAdmin, exactly, link_to
from orders.admin.dispute_files import DisputeFiles
from orders.admin.dispute_story import story_of_dispute
from orders.admin.order_decisions import DECISIONS
from orders.admin.queues import QueueFilter, ordering_of
from orders.admin.showing import ago, moment, order_badge, sum_of
from orders.admin.story import story_of
from orders.lifecycle import State
from orders.models import Order
from orders.services.explaining import explain

PARTIES = ("state_label", "number", "created_at"), ("buyer_link", "seller_link", "listing_link")
BOUGHT = ("as_bought", "pieces"), ("total", "fee", "release"), ("brought",)
NOW = ("situation",), ("proof", "trouble")


@admin.register(Order)
class OrderAdmin(DisputeFiles, DecisionAdmin, ReadOnlyAdmin):
    decisions = DECISIONS
    list_display = ("number", "title", "state_label", "total", "buyer_link", "seller_link", "trouble", "waiting")
    list_filter = (QueueFilter, "state", ("created_at", admin.DateFieldListFilter))
    search_fields = ("buyer__username", "seller__username")
    search_help_text = _("User name of the buyer or seller, number or id of the order")
    list_select_related = ("buyer", "seller", "listing", "hold", "delivery__courier", "dispute")
    change_form_outer_after_template = "admin/orders/story.html"
    fieldsets = (
        (None, {"fields": PARTIES}),
        (_("As it stands"), {"fields": NOW}),
        (_("What was agreed"), {"fields": (*BOUGHT, ("id", "version"))}),
    )
    readonly_fields = (*(name for row in (*PARTIES, *NOW, *BOUGHT) for name in row), "id", "version")

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: Order) -> bool:
        """Nobody decides about an order of their own; the services refuse it as well."""
        is_party = request.user.pk in (thing.buyer_id, thing.seller_id)
        return super().may_decide(request, decision, thing) and not is_party

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        rows: QuerySet[Order] = super().get_queryset(request)
        return rows.select_related(*self.list_select_related).defer("listing__search", "listing__plain_title")

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """In a queue the one that has waited longest comes first; else the newest."""
        return ordering_of(request.GET.get(QueueFilter.parameter_name) or "")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        exact = exactly(search_term.strip())
        return (found | queryset.filter(exact) if exact else found), may_repeat

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if (order := kwargs.get("obj")) is not None:
            context["story"] = [*story_of_dispute(order, request.user), *story_of(order)]
        return super().render_change_form(request, context, **kwargs)

    # ── In the list and on the page ──

    @admin.display(description=_("thing"))
    def title(self, order: Order) -> str:
        return str(order.listing_as_bought.get("title", order.listing_id))

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, order: Order) -> str:
        return order_badge(order)

    @admin.display(description=_("total"), ordering="total_cents")
    def total(self, order: Order) -> str:
        return sum_of(order.total_cents, order.currency)

    @admin.display(description=_("buyer"))
    def buyer_link(self, order: Order) -> str:
        return link_to(order.buyer)

    @admin.display(description=_("seller"))
    def seller_link(self, order: Order) -> str:
        return link_to(order.seller)

    @admin.display(description=_("why somebody should look"))
    def trouble(self, order: Order) -> str:
        return order.needs_attention or _waits_for_an_operator(order) or "-"

    @admin.display(description=_("in this state for"), ordering="updated_at")
    def waiting(self, order: Order) -> str:
        return ago(order.updated_at)

    # ── What was agreed ──

    @admin.display(description=_("listing"))
    def listing_link(self, order: Order) -> str:
        return link_to(order.listing)

    @admin.display(description=_("the listing as it was bought"))
    def as_bought(self, order: Order) -> SafeString:
        bought = order.listing_as_bought
        return format_html(
            "<strong>{}</strong><br>{}<br>{}",
            bought.get("title", "-"),
            bought.get("description") or "-",
            _t("condition: %(condition)s") % {"condition": bought.get("condition") or "-"},
        )

    @admin.display(description=_("pieces"))
    def pieces(self, order: Order) -> str:
        each = sum_of(order.unit_price_cents, order.currency)
        hold = getattr(order, "hold", None)  # every order has one, unless somebody has been at the table
        return f"{order.quantity} x {each}, {hold.get_state_display() if hold else '-'}"

    @admin.display(description=_("fee"))
    def fee(self, order: Order) -> str:
        return sum_of(order.fee_cents, order.currency)

    @admin.display(description=_("for the seller, before the fee"))
    def release(self, order: Order) -> str:
        return sum_of(order.release_cents, order.currency)

    @admin.display(description=_("paid at the door"))
    def brought(self, order: Order) -> str:
        delivery = getattr(order, "delivery", None)
        if delivery is None:
            return "-"
        return _t("%(place)s; %(payment)s; for the way %(fee)s; courier: %(courier)s") % {
            "place": delivery,
            "payment": delivery.get_payment_display(),
            "fee": sum_of(delivery.fee_cents, order.currency),
            "courier": delivery.courier or "-",
        }

    @admin.display(description=_("in words"))
    def situation(self, order: Order) -> SafeString:
        told = explain(order, order.seller)  # who is told more of the money than the buyer
        lines = [told.text, _t("The money: %(where)s") % {"where": told.money}]
        if told.waits_for:
            lines.append(_t("Waits for: %(whom)s") % {"whom": ", ".join(told.waits_for)})
        if told.until:
            then = {"when": moment(told.until), "what": told.if_nobody_acts}
            lines.append(_t("If nobody acts until %(when)s: %(what)s") % then)
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


def _waits_for_an_operator(order: Order) -> str:
    dispute = getattr(order, "dispute", None)
    if dispute is None or order.state != State.DISPUTED or dispute.escalated_at is None:
        return ""
    return _t("asks for an operator since %(when)s") % {"when": moment(dispute.escalated_at)}
