"""Orders and books in the admin: what operators see and decide, and who does not get that far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import roles
from marketplace.common.models import AuditEntry
from orders.lifecycle import Party, Step
from orders.models import Account, LedgerTransaction, Operation, Order, OrderEvent, Posting
from orders.services import answers, asking, handing_over, operating, operations, paying
from orders.services.moving import By, lock, move
from orders.tests.admin_rows import admin_rows
from orders.tests.conftest import PRICE

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/order/"
DECISIONS = (
    *("resolve", "call-off", "hand-over-seen", "lift-quarantine", "settle-outside", "clear-attention", "quarantine"),
)
BOOKS = ("account", "ledgertransaction", "posting", "moneyaudit")


def decide_url(thing: Any, name: str) -> str:
    return reverse(f"admin:orders_{thing._meta.model_name}_decide", args=[thing.pk, name])


def change_url(thing: Any) -> str:
    return reverse(f"admin:orders_{thing._meta.model_name}_change", args=[thing.pk])


def offered(page: str, thing: Any) -> set[str]:
    return {name for name in (*DECISIONS, "look-again") if decide_url(thing, name) in page}


@pytest.fixture
def desk(in_admin: Callable[[User], Client], moderator: User) -> Client:
    return in_admin(moderator)


def facts() -> object:
    return (
        list(Order.objects.order_by("pk").values_list("pk", "state", "version", "quarantined_at", "needs_attention")),
        list(Operation.objects.order_by("pk").values_list("pk", "state", "due_at")),
        (Posting.objects.count(), LedgerTransaction.objects.count(), OrderEvent.objects.count()),
        list(Account.objects.order_by("pk").values_list("pk", "balance")),
        AuditEntry.objects.count(),
    )


# ── Who gets there ───────────────────────────────────────────────────────────────────────────────


def every_decision(rows: dict[str, Any]) -> Iterator[str]:
    yield from (decide_url(rows["order"], name) for name in DECISIONS)
    yield decide_url(rows["operation"], "look-again")


def test_T13_nobody_but_staff_decides_anything(
    in_admin: Callable[[User], Client], signed_in: Callable[..., Client], seller: User, stranger: User
) -> None:
    rows = admin_rows(seller)
    before = facts()
    for browser in (Client(), in_admin(stranger), in_admin(seller), signed_in(stranger)):
        for url in every_decision(rows):
            answer = browser.post(url, {"reason": "I want to", "release": "1"})
            assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/"), url
    assert facts() == before


def test_T13_staff_without_the_permission_decides_nothing(
    in_admin: Callable[[User], Client], make_person: Callable[..., User], seller: User
) -> None:
    rows = admin_rows(seller)
    clerk = in_admin(make_person("clerk", is_staff=True))
    before = facts()
    for url in every_decision(rows):
        assert clerk.post(url, {"reason": "I want to", "release": "1"}).status_code in (403, 404)
    assert clerk.get(LIST).status_code == 403
    assert facts() == before


def test_T15_a_demoted_moderator_decides_nothing_from_the_next_request_on(
    desk: Client, moderator: User, administrator: User, seller: User
) -> None:
    rows = admin_rows(seller)
    assert desk.get(LIST).status_code == 200
    roles.unmake_moderator(moderator, actor=administrator, reason="term is over", now=timezone.now())
    before = facts()
    for url in every_decision(rows):
        assert desk.post(url, {"reason": "one last time"})["Location"].startswith("/admin/login/")
    assert facts() == before


def test_T13_nobody_decides_about_an_order_of_their_own(
    desk: Client, moderator: User, make_order: Callable[..., Order]
) -> None:
    own = make_order(by=moderator)
    before = facts()
    for name in DECISIONS:
        assert desk.post(decide_url(own, name), {"reason": "my money", "release": "0"}).status_code == 403
    assert offered(desk.get(change_url(own)).content.decode(), own) == set()
    assert facts() == before


@pytest.mark.parametrize("who", ["moderator", "administrator"])
def test_the_books_are_written_by_nobody(
    request: pytest.FixtureRequest, in_admin: Callable[[User], Client], seller: User, who: str
) -> None:
    rows, browser = admin_rows(seller), in_admin(request.getfixturevalue(who))
    before = facts()
    for name in (*BOOKS, "operation", "order"):
        row, base = rows[name], reverse(f"admin:orders_{name}_changelist")
        assert browser.get(base).status_code == browser.get(change_url(row)).status_code == 200
        for url in (change_url(row), f"{base}add/", f"{base}{row.pk}/delete/"):
            assert browser.post(url, {"balance": "1", "amount": "1", "post": "yes"}).status_code == 403
        browser.post(base, {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"})
    assert facts() == before


def test_opening_a_decision_changes_nothing(desk: Client, seller: User) -> None:
    rows = admin_rows(seller)
    before = facts()
    for url in every_decision(rows):
        assert desk.get(url).status_code in (200, 302)
    assert facts() == before


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────


def test_a_dispute_is_decided_with_a_sum_and_a_reason(desk: Client, moderator: User, disputed: Order) -> None:
    url = decide_url(disputed, "resolve")
    for answers_ in (
        {"release": "100000", "reason": ""},
        {"release": "x", "reason": "y"},
        {"release": "9" * 9, "reason": "y"},
    ):
        assert desk.post(url, answers_).status_code == 200
    assert Order.objects.get().state == "disputed"

    assert desk.post(url, {"release": "100000,50", "reason": "Half was broken"}).status_code == 302
    operations.drive(disputed.pk)

    order = Order.objects.get()
    assert (order.state, order.release_cents) == ("completed", 100_000_50)
    done = dict(order.operations.values_list("kind", "amount_cents"))
    assert (done["refund"], done["transfer"]) == (PRICE - 100_000_50, 100_000_50)
    event = order.events.get(step="d_resolve")
    assert (event.party, event.actor, event.reason) == ("operator", moderator, "Half was broken")
    trail = AuditEntry.objects.get(action="order.resolved")
    assert (trail.actor, trail.reason, trail.data) == (moderator, "Half was broken", {"release_cents": 100_000_50})


@pytest.mark.parametrize("typed", ["100.000", "100,000", "100 000", "100.000,00", "100 000 COP", "100000"])
def test_a_sum_is_read_as_it_is_written_with_its_thousands(desk: Client, disputed: Order, typed: str) -> None:
    reply = desk.post(decide_url(disputed, "resolve"), {"release": typed, "reason": "Half was broken"})
    assert (reply.status_code, Order.objects.get().release_cents) == (302, 100_000_00)


def test_what_was_written_is_still_there_when_a_decision_is_refused(
    desk: Client, disputed: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise operating.NotThatMuch

    monkeypatch.setattr(operating, "resolve", refuse)
    page = desk.post(decide_url(disputed, "resolve"), {"release": "1", "reason": "Half was <broken>"})
    text = page.content.decode()
    assert (page.status_code, Order.objects.get().state) == (200, "disputed")
    assert "Half was &lt;broken&gt;" in text
    assert operating.NotThatMuch.detail in text


def test_a_dispute_in_a_currency_without_cents_is_decided_in_whole_coins(
    desk: Client, buyer: User, make_order: Callable[..., Order]
) -> None:
    order = make_order(price_cents=1_000_00, currency="CLP")
    paying.pay(buyer, order.pk)
    operations.drive(order.pk)
    move(lock(order.pk), Step.DISPUTE, by=By(Party.BUYER, buyer))
    url = decide_url(order, "resolve")

    refused = desk.post(url, {"release": "3.33", "reason": "a third"})
    assert (refused.status_code, "whole units only" in refused.content.decode()) == (200, True)
    assert Order.objects.get().state == "disputed"

    assert desk.post(url, {"release": "333", "reason": "a third"}).status_code == 302
    assert Order.objects.get().release_cents == 333_00


def test_a_gift_in_dispute_is_decided_without_a_sum(
    desk: Client, buyer: User, seller: User, make_order: Callable[..., Order]
) -> None:
    gift = make_order(price_cents=0)
    paying.pay(buyer, gift.pk)
    order = lock(gift.pk)
    move(order, Step.DISPUTE, by=By(Party.BUYER, buyer))

    desk.post(decide_url(gift, "resolve"), {"keeps": "on", "reason": "It is theirs"})

    gift.refresh_from_db()
    assert (gift.state, gift.hold.state) == ("completed", "consumed")


@pytest.mark.parametrize("captured", [False, True])
def test_an_order_is_called_off_and_the_money_goes_back(desk: Client, buyer: User, paid: Order, captured: bool) -> None:
    if captured:
        paying.capture(buyer, paid.pk)
    desk.post(decide_url(paid, "call-off"), {"reason": "Both asked for it"})
    operations.drive(paid.pk)

    paid.refresh_from_db()
    assert (paid.state, paid.hold.state) == ("refunded", "released")
    assert paid.events.get(step="buyer_cancel").reason == "Both asked for it"
    assert AuditEntry.objects.get().action == "order.called_off"


def test_an_unpaid_and_a_handed_over_order_can_be_called_off_too(
    desk: Client, buyer: User, seller: User, paid: Order, make_order: Callable[..., Order]
) -> None:
    unpaid = make_order()
    handing_over.ship(seller, paid.pk)
    for order in (unpaid, paid):
        desk.post(decide_url(order, "call-off"), {"reason": "A forgery"})
        operations.drive(order.pk)
    assert dict(Order.objects.values_list("pk", "state")) == {unpaid.pk: "cancelled", paid.pk: "refunded"}


def test_a_hand_over_that_an_operator_saw_counts_as_proven(desk: Client, seller: User, paid: Order) -> None:
    order = lock(paid.pk)
    move(order, Step.ACCEPT, by=By(Party.SELLER, seller))
    desk.post(decide_url(paid, "hand-over-seen"), {"reason": "I stood beside them"})
    paid.refresh_from_db()
    assert (paid.state, paid.proof) == ("handed_over", "operator")


def test_quarantine_holds_everything_and_lifting_it_goes_on(desk: Client, buyer: User, order: Order) -> None:
    paying.pay(buyer, order.pk)
    desk.post(decide_url(order, "quarantine"), {"reason": "Looks odd"})
    operations.drive(order.pk)
    order.refresh_from_db()
    assert (order.state, order.needs_attention) == ("paying", "Looks odd")

    desk.post(decide_url(order, "lift-quarantine"), {"reason": "It was not"})
    operations.drive(order.pk)

    order.refresh_from_db()
    assert (order.state, order.quarantined_at, order.needs_attention) == ("funded", None, "")
    assert AuditEntry.objects.latest("pk").data == {"why_it_was": "Looks odd"}


def test_a_settling_order_goes_on_when_its_quarantine_is_lifted(desk: Client, buyer: User, paid: Order) -> None:
    answers.quarantine(paid, "odd")
    desk.post(decide_url(paid, "call-off"), {"reason": "x"})
    assert not paid.operations.filter(kind="void").exists()
    desk.post(decide_url(paid, "lift-quarantine"), {"reason": "x"})
    operations.drive(paid.pk)
    paid.refresh_from_db()
    assert paid.state == "refunded"


def test_attention_is_cleared_and_remembered(desk: Client, paid: Order) -> None:
    answers.call_for_attention(paid, "capture was refused: declined")
    desk.post(decide_url(paid, "clear-attention"), {"reason": "Wrote to the bank"})
    paid.refresh_from_db()
    assert paid.needs_attention == ""
    assert AuditEntry.objects.get().data == {"why_it_was": "capture was refused: declined"}


def test_an_operation_is_looked_at_again_at_once(desk: Client, paid: Order) -> None:
    asking.ask(paid, Operation.Kind.CAPTURE, amount_cents=PRICE)
    operation = paid.operations.get(kind="capture")
    Operation.objects.filter(pk=operation.pk).update(state="unknown", due_at="2100-01-01T00:00Z")
    assert offered(desk.get(change_url(operation)).content.decode(), operation) == {"look-again"}

    desk.post(decide_url(operation, "look-again"), {"reason": "The provider is back"})

    assert Operation.objects.filter(pk=operation.pk, due_at__lte=Now()).exists()
    assert AuditEntry.objects.get().action == "operation.looked_at_again"


def test_one_that_somebody_is_asking_about_is_left_alone(desk: Client, paid: Order) -> None:
    asking.ask(paid, Operation.Kind.CAPTURE, amount_cents=PRICE)
    operation = paid.operations.get(kind="capture")
    Operation.objects.filter(pk=operation.pk).update(state="sent", due_at="2100-01-01T00:00Z")
    before = facts()
    desk.post(decide_url(operation, "look-again"), {"reason": "faster"})
    assert facts() == before
