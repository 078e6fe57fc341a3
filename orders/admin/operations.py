"""What was asked of the provider. Nobody edits it; whoever is in a hurry has it looked at again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.common.admin import Decision, DecisionAdmin, ReadOnlyAdmin, link_to
from orders.admin.showing import operation_badge, sum_of
from orders.models import Operation
from orders.services import correcting, operating


def _book_what_happened(operation: Operation, actor: User, reason: str) -> None:
    correcting.book_what_happened(actor, operation.pk, reason=reason)


def _look_again(operation: Operation, actor: User, reason: str) -> None:
    operating.look_again(actor, operation.pk, reason=reason)


DECISIONS: tuple[Decision[Operation], ...] = (
    Decision(
        name="look-again",
        title=_("Look again now"),
        explanation=_(
            "A worker asks the provider within seconds: first what became of it, and only if the provider has never"
            " heard of it, once more, under the same key."
        ),
        permission="orders.operate_order",
        applies_to=lambda operation: operation.state in operating.REST,
        carry_out=_look_again,
        icon="refresh",
    ),
    Decision(
        name="book",
        title=_("Book what happened"),
        explanation=_(
            "The provider moved another amount than it was asked to. The books will say what it moved, and the order"
            " goes on: what is too much goes back to the buyer, and the seller gets no more than there is."
        ),
        permission="orders.operate_order",
        applies_to=correcting.may_be_corrected,
        carry_out=_book_what_happened,
        icon="edit_note",
        asks_elsewhere=True,
    ),
)


@admin.register(Operation)
class OperationAdmin(DecisionAdmin, ReadOnlyAdmin):
    decisions = DECISIONS
    list_display = ("name", "state_label", "amount", "provider", "attempts", "due_at", "order_link", "created_at")
    list_filter = ("state", "kind", "provider", ("created_at", admin.DateFieldListFilter))
    search_fields = ("=key", "=provider_ref", "=client_ref")
    search_help_text = _("The key, or the provider's reference")
    list_select_related = ("order",)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("name", "state_label", "amount"), ("order_link", "provider"))}),
        (_("At the provider"), {"fields": ("key", ("provider_ref", "client_ref"), ("failure", "next_action"))}),
        (_("In the queue"), {"fields": (("attempts", "due_at"), ("created_at", "done_at"), "id")}),
    )
    readonly_fields = (
        *("name", "state_label", "amount", "order_link", "provider", "key", "provider_ref", "client_ref", "failure"),
        *("next_action", "attempts", "due_at", "created_at", "done_at", "id"),
    )

    def may_decide(self, request: HttpRequest, decision: Decision[Any], thing: Operation) -> bool:
        is_party = request.user.pk in (thing.order.buyer_id, thing.order.seller_id)
        return super().may_decide(request, decision, thing) and not is_party

    @admin.display(description=_("what"))
    def name(self, operation: Operation) -> str:
        return f"{operation.get_kind_display()} {operation.seq}"

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, operation: Operation) -> str:
        return operation_badge(operation)

    @admin.display(description=_("amount"), ordering="amount_cents")
    def amount(self, operation: Operation) -> str:
        return sum_of(operation.amount_cents, operation.currency)

    @admin.display(description=_("order"))
    def order_link(self, operation: Operation) -> str:
        return link_to(operation.order)
