"""What an operator may do to an order now: read from the table, so that nothing is offered that would be refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts.models import User
from marketplace.common.admin import Decision
from marketplace.common.admin.decisions import ReasonForm
from marketplace.common.money import cents_as_typed
from orders.admin.showing import sum_of
from orders.lifecycle import Party, Step
from orders.models import Order
from orders.models.dispute import RAISERS
from orders.services import had_twice, operating, paying_outside, settling_outside

OPERATE = "orders.operate_order"


class ResolveForm(ReasonForm):
    release = forms.CharField(label=_("For the seller"), widget=UnfoldAdminTextInputWidget({"inputmode": "decimal"}))
    keeps = forms.BooleanField(
        label=_("The buyer keeps the thing"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text=_("Nothing was paid for this gift, so there is only the thing to decide about."),
    )
    field_order = ("release", "keeps", "reason")

    def __init__(self, order: Order, data: Any) -> None:
        super().__init__(data)
        self.order = order
        del self.fields["keeps" if order.total_cents else "release"]
        if not order.total_cents:
            return
        paid = sum_of(order.total_cents, order.currency)
        self.fields["release"].help_text = _("Of %(paid)s, before the fee. The rest goes back to the buyer.") % {
            "paid": paid
        }

    def clean_release(self) -> int:
        try:
            cents = cents_as_typed(self.cleaned_data["release"].strip())
        except ValueError as error:
            raise ValidationError(_("This is not an amount.")) from error
        if not 0 <= cents <= self.order.total_cents:
            raise ValidationError(_("Between nothing and what was paid."))
        if not self.order.can_be_split_at(cents):
            raise ValidationError(_("This currency is paid in whole units only."))
        return cents


@dataclass(frozen=True)
class Resolve(Decision[Order]):
    """Asks how much, too."""

    def form_for(self, thing: Order, data: Any) -> forms.Form:
        return ResolveForm(thing, data)

    def take(self, thing: Order, actor: User, answers: dict[str, Any]) -> None:
        operating.resolve(
            actor,
            thing.pk,
            release_cents=answers.get("release", 0),
            is_sale=answers.get("keeps"),
            reason=answers["reason"],
        )


class DisputeForm(ReasonForm):
    raised_by = forms.ChoiceField(
        label=_("Raised by"),
        choices=RAISERS,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Who of the two has asked for it. The other one is to answer."),
    )
    field_order = ("raised_by", "reason")


@dataclass(frozen=True)
class OpenDispute(Decision[Order]):
    """Asks for whom, too."""

    def form_for(self, thing: Order, data: Any) -> forms.Form:
        return DisputeForm(data)

    def take(self, thing: Order, actor: User, answers: dict[str, Any]) -> None:
        operating.open_dispute_for(actor, thing.pk, raised_by=Party(answers["raised_by"]), reason=answers["reason"])


def _not_with_a_reason_alone(order: Order, actor: User, reason: str) -> None:
    raise NotImplementedError("`take` has the whole answer")


def _may(step: Step) -> Any:
    return lambda order: step in order.steps_for(Party.OPERATOR)


def _do(service: Any) -> Any:
    def carry_out(order: Order, actor: User, reason: str) -> None:
        service(actor, order.pk, reason=reason)

    return carry_out


DECISIONS: tuple[Decision[Order], ...] = (
    Resolve(
        name="resolve",
        title=_("Decide the dispute"),
        explanation=_(
            "Both are told. The money moves within seconds, and what was transferred cannot be taken back from here."
        ),
        permission=OPERATE,
        applies_to=_may(Step.D_RESOLVE),
        carry_out=_not_with_a_reason_alone,
        icon="balance",
        variant=ActionVariant.PRIMARY,
    ),
    Decision(
        name="call-off",
        title=_("Call off"),
        explanation=_("The buyer gets everything back and the pieces are on offer again. Both are told."),
        permission=OPERATE,
        applies_to=lambda order: operating.way_off(order) is not None,
        carry_out=_do(operating.call_off),
        icon="undo",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="hand-over-seen",
        title=_("Hand-over seen"),
        explanation=_(
            "You know that the thing has changed hands. If the buyer then says nothing, the seller is paid, also in"
            " a dispute that nobody decides."
        ),
        permission=OPERATE,
        applies_to=_may(Step.HAND_OVER),
        carry_out=_do(operating.witness_hand_over),
        icon="handshake",
    ),
    OpenDispute(
        name="open-dispute",
        title=_("Open a dispute"),
        explanation=_(
            "For one of the two, who could not do it themselves. The money stays where it is until they agree, you"
            " decide, or the time for it is up. Your reason is shown to both."
        ),
        permission=OPERATE,
        applies_to=_may(Step.DISPUTE),
        carry_out=_not_with_a_reason_alone,
        icon="balance",
    ),
    Decision(
        name="lift-quarantine",
        title=_("Lift quarantine"),
        explanation=_(
            "The order goes on where it stood, and its deadlines are put off by the time it stood still. If the books"
            " still differ, tonight's audit stops it again, but only where the provider gives a statement."
        ),
        permission=OPERATE,
        applies_to=lambda order: order.quarantined_at is not None,
        carry_out=_do(operating.lift_quarantine),
        icon="lock_open",
        variant=ActionVariant.PRIMARY,
    ),
    Decision(
        name="settle-outside",
        title=_("Settled outside"),
        explanation=_(
            "The buyer has their money already: their bank has taken it back, somebody has refunded it at the provider"
            " by hand, or has paid them in another way. The books say so, and it is not sent to them once more, so be"
            " sure that they have it. An order that nobody has decided is called off: what the bank has left goes back"
            " to the buyer by itself. If the seller is to get it, open a dispute and decide that first. Of several"
            " chargebacks this settles the first."
        ),
        permission=OPERATE,
        applies_to=settling_outside.may_be_settled_outside,
        carry_out=_do(settling_outside.settle_outside),
        icon="account_balance",
        variant=ActionVariant.DANGER,
        asks_elsewhere=True,
    ),
    Decision(
        name="pay-outside",
        title=_("Seller paid outside"),
        explanation=_(
            "The provider refuses to pay the seller, or they have paid for what they do not owe, and somebody has paid"
            " them in another way. The books say so, and the order ends if it has not. Nothing more is sent to the"
            " seller, so be sure that they have it."
        ),
        permission=OPERATE,
        applies_to=paying_outside.may_be_paid_outside,
        carry_out=_do(paying_outside.pay_outside),
        icon="account_balance",
        variant=ActionVariant.DANGER,
        asks_elsewhere=True,
    ),
    Decision(
        name="had-twice",
        title=_("They have it twice"),
        explanation=_(
            "What the provider or the bank gave the buyer was taken for what you had settled by hand. It was something"
            " else, so they have both. What the bank took is owed by the seller, up to what they were paid; the rest is"
            " booked as our loss."
        ),
        permission=OPERATE,
        applies_to=had_twice.may_have_had_twice,
        carry_out=_do(had_twice.book_as_had_twice),
        icon="content_copy",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="clear-attention",
        title=_("Nothing more to do"),
        explanation=_("It leaves the queue. It comes back when something else goes wrong with it."),
        permission=OPERATE,
        applies_to=lambda order: bool(order.needs_attention) and order.quarantined_at is None,
        carry_out=_do(operating.clear_attention),
        icon="done",
    ),
    Decision(
        name="quarantine",
        title=_("Quarantine"),
        explanation=_("Nothing of this order moves, neither by its parties nor by the clock, until that is lifted."),
        permission=OPERATE,
        applies_to=lambda order: order.quarantined_at is None and not order.is_over,
        carry_out=_do(operating.quarantine),
        icon="lock",
    ),
)
