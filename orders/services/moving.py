"""The one place where an order changes its state: checked by the table, guarded by the version, told to everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from accounts.models import User
from marketplace.common import outbox
from orders.lifecycle import NOTES, TRANSITIONS, Note, Party, Release, State, Step, Transition, status_in
from orders.models import Order, OrderEvent
from orders.services import deadlines
from orders.services.errors import NotYourStep, OrderNotFound, StepRefused, UnderReview


@dataclass(frozen=True)
class By:
    """Who makes a step, and in what part."""

    party: Party
    user: User | None = None


SYSTEM = By(Party.SYSTEM)


def lock_for(user: User, order_id: UUID) -> tuple[Order, By]:
    """The order, locked, and in what part this person acts on it. What is not theirs is not there."""
    order: Order | None = Order.objects.visible_to(user).locked().filter(pk=order_id).first()
    party = None if order is None else order.party(user)
    if order is None or party is None:
        raise OrderNotFound
    return order, By(party, user)


def lock(order_id: UUID) -> Order:
    order: Order = Order.objects.locked().get(pk=order_id)
    return order


def require(order: Order, step: Step, by: By, *, detail: str | None = None) -> None:
    """Is this step this party's, and now? `detail` is the contract's text where it gives one."""
    _require(order, TRANSITIONS[step], by, detail)


def _require(order: Order, transition: Transition, by: By, detail: str | None) -> None:
    _require_allowed(order, transition, by, detail)
    if order.quarantined_at is not None and by.party != Party.OPERATOR:
        raise UnderReview


def _require_allowed(order: Order, transition: Transition, by: By, detail: str | None) -> None:
    if not transition.may(by.party):
        raise NotYourStep(detail)
    if order.state not in transition.sources:
        raise StepRefused(order, by.party, detail)


def move(
    order: Order,
    step: Step,
    *,
    by: By,
    release_cents: int | None = None,
    is_sale: bool | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    detail: str | None = None,
    to: State | None = None,
    **changes: Any,
) -> None:
    """`order` is locked. `changes` are other columns that go with the step; `to` is for the step that has no target."""
    require(order, step, by, detail=detail)
    transition = TRANSITIONS[step]
    target = transition.target or to
    assert target is not None, f"{step} must be told where it leads"
    if transition.releases is not None:
        changes |= _decided(order, transition.releases, release_cents, is_sale=is_sale)
    elif is_sale is not None:  # an end at once, of money that was never ours to release
        changes |= {"release_cents": 0, "is_sale": is_sale}
    before, status_before = order.state, order.status
    status = status_in(target, before=status_before)
    changes |= {"state": target, "status": status, "version": order.version + 1}
    moved = Order.objects.filter(pk=order.pk, state=before, version=order.version).update(updated_at=Now(), **changes)
    if not moved:  # cannot be while the order is locked; if it is not, nothing has happened
        raise StepRefused(order, by.party, detail)
    for name, value in changes.items():
        setattr(order, name, value)
    _write_event(order, step, by=by, before=(before, status_before), reason=reason, facts=facts)
    deadlines.set_for(order)
    announce(order, step, by=by, before=before)


def note(
    order: Order,
    step: Note,
    *,
    by: By,
    facts: dict[str, Any],
    reason: str = "",
    detail: str | None = None,
    **changes: Any,
) -> None:
    """`order` is locked. More is known now and is chained to what was known; where the order stands is the same."""
    # What comes to be known by itself is written down also of an order that is under review
    check = _require_allowed if by.party == Party.SYSTEM else _require
    check(order, NOTES[step], by, detail)
    changes |= {"version": order.version + 1}
    noted = Order.objects.filter(pk=order.pk, version=order.version).update(updated_at=Now(), **changes)
    if not noted:
        raise StepRefused(order, by.party, detail)
    for name, value in changes.items():
        setattr(order, name, value)
    _write_event(order, step, by=by, before=(order.state, order.status), reason=reason, facts=facts)
    deadlines.carry_over(order)
    announce(order, step, by=by, before=order.state)


def _write_event(
    order: Order,
    step: Step | Note,
    *,
    by: By,
    before: tuple[str, str],
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    OrderEvent.objects.create(
        order=order,
        version=order.version,
        step=step,
        from_state=before[0],
        to_state=order.state,
        from_status=before[1],
        to_status=order.status,
        party=by.party,
        actor=by.user,
        reason=reason[:500],
        facts=facts or {},
    )


def _decided(order: Order, releases: Release, stated: int | None, *, is_sale: bool | None) -> dict[str, Any]:
    if releases == Release.STATED:
        assert stated is not None, "who decides says how much"
        return {"release_cents": stated, "is_sale": stated > 0 if is_sale is None else is_sale}
    is_all = releases == Release.ALL
    return {"release_cents": order.total_cents if is_all else 0, "is_sale": is_all}


def announce(order: Order, step: Step | Note, *, by: By, before: str) -> None:
    """Leaves with the commit."""
    outbox.publish(
        f"order.{step}",
        order_id=str(order.pk),
        listing_id=str(order.listing_id),
        buyer_id=str(order.buyer_id),
        seller_id=str(order.seller_id),
        from_state=before,
        to_state=order.state,
        status=order.status,
        version=order.version,
        party=by.party.value,
    )
