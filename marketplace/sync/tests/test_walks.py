"""Three people do what comes to their minds, and their phones ask in between, in pages of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as so_many
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Notification, User
from chat.models import Message, Room
from listings.models import Listing
from marketplace.common.ids import uuid7
from marketplace.sync.tests.conftest import Phone
from marketplace.sync.tests.copies import Copy, anew
from orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)

WHO = st.sampled_from(["buyer", "seller", "stranger"])
WHICH = st.integers(0, 5)
WALKS = so_many(
    max_examples=3, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


class Walk(RuleBasedStateMachine):
    """What is not allowed is refused, and has changed nothing."""

    clients: dict[str, APIClient]
    copies: list[Copy]

    def do(self, who: str, method: str, path: str, body: Any = None) -> None:
        reply = getattr(self.clients[who], method)(path, body)
        assert reply.status_code < 500, reply.content

    def pick(self, model: Any, which: int) -> Any:
        """One that is there, or a name of nothing."""
        keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
        return keys[which % len(keys)] if keys else uuid7()

    @rule(who=WHO, state=st.sampled_from(["live", "draft", "paused"]))
    def offer(self, who: str, state: str) -> None:
        category = Listing.objects.earliest("pk").category_id
        body = {"title": "Atlas", "price_cents": 10, "category_id": str(category), "state": state, "quantity": 3}
        self.do(who, "post", "/v1/listings", body)

    @rule(who=WHO, which=WHICH, state=st.sampled_from(["live", "paused", "archived", "draft"]))
    def change(self, who: str, which: int, state: str) -> None:
        self.do(who, "patch", f"/v1/listings/{self.pick(Listing, which)}", {"state": state, "price_cents": which})

    @rule(which=WHICH)
    def hide_or_show(self, which: int) -> None:
        row = Listing.objects.get(pk=self.pick(Listing, which))
        Listing.objects.filter(pk=row.pk).update(hidden_at=None if row.hidden_at else "2026-01-01T00:00:00Z")

    @rule(who=WHO, which=WHICH, is_liked=st.booleans())
    def like(self, who: str, which: int, is_liked: bool) -> None:
        self.do(who, "put" if is_liked else "delete", f"/v1/listings/{self.pick(Listing, which)}/favourite")

    @rule(who=WHO, which=WHICH)
    def order(self, who: str, which: int) -> None:
        self.do(who, "post", "/v1/orders", {"listing_id": str(self.pick(Listing, which))})

    @rule(who=WHO, which=WHICH, how=st.sampled_from(["pay", "cancel"]))
    def go_on(self, who: str, which: int, how: str) -> None:
        self.do(who, "post", f"/v1/orders/{self.pick(Order, which)}/{how}")

    @rule(who=WHO, which=WHICH)
    def open_a_chat(self, who: str, which: int) -> None:
        self.do(who, "post", "/v1/chats", {"listing_id": str(self.pick(Listing, which))})

    @rule(who=WHO, is_private=st.booleans())
    def open_a_group(self, who: str, is_private: bool) -> None:
        self.do(who, "post", "/v1/rooms", {"name": "Grupo", "is_private": is_private})

    @rule(who=WHO, which=WHICH, how=st.sampled_from(["join", "leave"]))
    def come_and_go(self, who: str, which: int, how: str) -> None:
        self.do(who, "post", f"/v1/rooms/{self.pick(Room, which)}/{how}")

    @rule(who=WHO, which=WHICH, is_private=st.booleans())
    def open_or_close(self, who: str, which: int, is_private: bool) -> None:
        self.do(who, "patch", f"/v1/rooms/{self.pick(Room, which)}", {"is_private": is_private})

    @rule(who=WHO, which=WHICH)
    def say(self, who: str, which: int) -> None:
        self.do(who, "post", "/v1/messages", {"chat_id": str(self.pick(Room, which)), "content": "hola"})

    @rule(who=WHO, which=WHICH)
    def take_back(self, who: str, which: int) -> None:
        self.do(who, "delete", f"/v1/messages/{self.pick(Message, which)}")

    @rule(who=WHO, name=st.sampled_from(["Ana", "Eva"]))
    def rename(self, who: str, name: str) -> None:
        self.do(who, "patch", "/v1/users/me", {"name": name})

    @rule(who=WHO, which=WHICH)
    def tell_or_forget(self, who: str, which: int) -> None:
        user = User.objects.get(username=who)
        Notification.objects.create(user=user, kind="x", title="Hola", event_id=uuid7())
        if which % 2:
            Notification.objects.filter(pk=self.pick(Notification, which)).delete()

    @rule(which=WHICH, limit=st.sampled_from([1, 3, 500]))
    def ask(self, which: int, limit: int) -> None:
        copy = self.copies[which % len(self.copies)]
        copy.limit = limit
        copy.page()

    def teardown(self) -> None:
        for copy in self.copies:
            copy.limit = 500
            assert copy.pull().pull().everything == anew(copy)


def test_whatever_they_do_their_copies_are_right(
    signed_in: Callable[..., APIClient],
    phone: Phone,
    buyer: User,
    seller: User,
    stranger: User,
    listing: Listing,
    settings: Settings,
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "off")
    people = {"buyer": buyer, "seller": seller, "stranger": stranger}
    Walk.clients = {name: signed_in(person) for name, person in people.items()}
    Walk.copies = [*(phone(person) for person in people.values()), phone(None)]

    run_state_machine_as_test(Walk, settings=WALKS)
