"""What operators see in the admin: an order's whole story, audits, and the queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from orders.models import Order
from orders.services import answers, ending
from orders.services.auditing import auditing
from orders.tests.tampering import tamper
from orders.tests.test_admin_orders import LIST, change_url, offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(in_admin: Callable[[User], Client], moderator: User) -> Client:
    return in_admin(moderator)


def test_only_what_is_allowed_now_is_offered(desk: Client, buyer: User, seller: User, disputed: Order) -> None:
    def now() -> set[str]:
        return offered(desk.get(change_url(disputed)).content.decode(), disputed)

    assert now() == {"resolve", "quarantine"}
    ending.refund(seller, disputed.pk)
    assert now() == set()


def test_the_page_tells_the_whole_story(desk: Client, buyer: User, disputed: Order) -> None:
    answer = desk.get(change_url(disputed))
    sections = {section.key: section for section in answer.context["story"]}

    assert [row[2] for row in sections["steps"].rows] == ["create", "pay", "auth_ok", "dispute"]
    assert "unbroken" in str(sections["steps"].note)
    assert len(sections["operations"].rows) == 2
    assert sections["bookings"].rows[-1][-1] == "150 000 COP"
    assert [row[0] for row in sections["deadlines"].rows] == ["timeout", "secure"] or len(
        sections["deadlines"].rows
    ) == 2
    text = answer.content.decode()
    for word in ("Calculadora", "never came", "In dispute", "In escrow", buyer.username):
        assert word in text, word


def test_a_changed_step_shows(desk: Client, disputed: Order) -> None:
    tamper("UPDATE orders_orderevent SET reason = 'all was well' WHERE step = 'dispute'")
    text = desk.get(change_url(disputed)).content.decode()
    assert "was changed after it was written" in text
    assert "unbroken" not in text


def test_an_audit_shows_what_it_found(desk: Client, disputed: Order) -> None:
    tamper("UPDATE orders_orderevent SET reason = 'all was well' WHERE step = 'dispute'")
    text = desk.get(change_url(auditing.run())).content.decode()
    assert "something differs" in text
    assert f"{disputed.pk} (steps): step 4 was changed after it was written" in text


def test_the_queues_show_the_longest_waiting_first(desk: Client, make_order: Callable[..., Order]) -> None:
    first, second, third = make_order(), make_order(), make_order()
    for order in (second, first):
        answers.call_for_attention(order, "look")
    Order.objects.filter(pk=second.pk).update(updated_at="2020-01-01T00:00Z")
    answers.quarantine(third, "differs")

    def shown(queue: str) -> list[Order]:
        return list(desk.get(LIST, {"queue": queue}).context["cl"].queryset)

    assert shown("attention") == [second, first]
    assert shown("quarantined") == [third]
    assert shown("disputes") == []
    assert list(desk.get(LIST).context["cl"].queryset) == [third, second, first]
    assert list(desk.get(LIST, {"q": str(first.number)}).context["cl"].queryset) == [first]


def test_the_list_costs_the_same_for_more_orders(
    desk: Client, make_order: Callable[..., Order], django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        make_order()
    with django_assert_max_num_queries(25):
        desk.get(LIST)
