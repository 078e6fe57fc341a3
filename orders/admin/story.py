"""All that is known of one order, as tables for one page: what happened, was asked, was booked, and will come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from marketplace.common.admin import badge, link_to
from marketplace.common.models import AuditEntry
from orders.admin.showing import facts, moment, operation_badge, sum_of
from orders.models import Operation, Order, OrderEvent, Posting
from orders.services.auditing.chain import broken_steps_of

LONGEST = 200  # rows of a kind: no order comes near, and a page must not grow without end


@dataclass(frozen=True)
class Section:
    key: str
    title: str | Promise
    headers: Sequence[str | Promise]
    rows: Sequence[Sequence[object]]
    nothing: str | Promise = ""
    note: object = ""


def story_of(order: Order) -> list[Section]:
    return [steps(order), asked(order), booked(order), coming(order), decided(order)]


def steps(order: Order) -> Section:
    broken = broken_steps_of(order.pk)
    events = order.events.select_related("actor").order_by("version")[:LONGEST]
    whole = badge(_t("unbroken"), "success") if not broken else badge(_t("broken"), "danger")
    return Section(
        "steps",
        _("What happened"),
        ("", _("When"), _("Step"), _("State"), _("By"), _("Reason and facts"), _("Chain")),
        [_step(event, broken.get(event.version)) for event in events],
        note=whole,
    )


def _step(event: OrderEvent, trouble: str | None) -> Sequence[object]:
    who = f"{event.get_party_display()} {event.actor.username}" if event.actor else event.get_party_display()
    told = ". ".join(text for text in (event.reason, facts(event.facts)) if text) or "-"
    seal = badge(trouble, "danger") if trouble else bytes(event.hash).hex()[:12]
    return (event.version, moment(event.at), event.step, event.to_state, who, told, seal)


def asked(order: Order) -> Section:
    rows = order.operations.order_by("created_at", "id")[:LONGEST]
    return Section(
        "operations",
        _("Asked of the provider"),
        (_("What"), _("Amount"), _("State"), _("Attempts"), _("Next try"), _("Reference"), _("Failure")),
        [_operation(each) for each in rows],
        nothing=_("The provider has not been asked for anything."),
    )


def _operation(each: Operation) -> Sequence[object]:
    name = link_to(each, f"{each.get_kind_display()} {each.seq}")
    amount = sum_of(each.amount_cents, each.currency)
    ref = each.provider_ref or "-"
    return (name, amount, operation_badge(each), each.attempts, moment(each.due_at), ref, each.failure or "-")


def booked(order: Order) -> Section:
    """Each account with what it then held of this order."""
    postings = Posting.objects.filter(transaction__order=order).select_related("transaction", "account")
    return Section(
        "bookings",
        _("Booked"),
        (_("When"), _("Booking"), _("Account"), _("Amount"), _("Account then, of this order")),
        list(_running(postings.order_by("transaction_id", "id")[:LONGEST])),
        nothing=_("Nothing has been booked."),
    )


def _running(postings: Iterable[Posting]) -> Iterable[Sequence[object]]:
    sums: dict[int, int] = defaultdict(int)
    for each in postings:
        sums[each.account_id] += each.amount
        booking, currency = each.transaction, each.account.currency
        name = link_to(booking, booking.source.partition(":")[2] or booking.source)
        account = link_to(each.account, short(each.account.code))
        yield moment(booking.at), name, account, sum_of(each.amount, currency), sum_of(sums[each.account_id], currency)


def short(code: str) -> str:
    """`escrow:0199…` -> `escrow`: on an order's own page everybody knows whose it is."""
    kind, _, whose = code.partition(":")
    return kind if len(whose) == 36 else code  # an id; a provider's name stays


def coming(order: Order) -> Section:
    rows = [(each.kind, moment(each.due_at), each.attempts) for each in order.deadlines.order_by("due_at")]
    return Section(
        "deadlines",
        _("What happens by itself"),
        (_("What"), _("When"), _("Failed attempts")),
        rows,
        nothing=_("Nothing: no deadline is running."),
    )


def decided(order: Order) -> Section:
    entries = trail_of(order)[:LONGEST]
    rows = [
        (moment(each.at), each.action, each.actor or _t("the product itself"), each.reason or "-") for each in entries
    ]
    return Section(
        "trail",
        _("Audit trail"),
        (_("When"), _("What"), _("By"), _("Reason")),
        rows,
        nothing=_("No operator has decided anything about this order."),
    )


def trail_of(order: Order) -> QuerySet[AuditEntry]:
    operations: Any = Operation.objects.filter(order=order).values_list(Cast("pk", CharField()))
    of_order = Q(target_type="order", target_id=str(order.pk))
    of_operation = Q(target_type="operation", target_id__in=operations)
    return AuditEntry.objects.filter(of_order | of_operation).select_related("actor").order_by("-id")
