"""The hand-over by code and QR, also from a phone without a network; M21: guessed, foreign and repeated codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from orders.lifecycle import Party, State
from orders.models import Deadline, Order
from orders.services import deadlines, ending
from orders.services.disputes import opening
from orders.services.handover_codes import DIGITS, code_of, qr_of
from orders.tests.parties import accept, all_of, at_once, fresh, let_run_out, pay, ship

pytestmark = pytest.mark.django_db
SignIn = Callable[..., APIClient]


def handed_over(client: APIClient, order: Order, **body: Any) -> Any:
    return client.post(f"/v1/orders/{order.pk}/hand-over", body or {"code": code_of(order.pk)})


def wrong(order: Order, by: int = 1) -> str:
    return str((int(code_of(order.pk)) + by) % 10**DIGITS).zfill(DIGITS)


def hours_left(order: Order) -> float:
    due = Deadline.objects.get(order=order, kind=deadlines.TIMEOUT).due_at
    return (due - timezone.now()).total_seconds() / 3600


@pytest.mark.parametrize("reach", [pay, accept])
@pytest.mark.parametrize("kind", ["code", "qr"])
def test_what_the_buyer_shows_proves_the_hand_over(
    kind: str, reach: Callable[[Order], Order], signed_in: SignIn, buyer: User, seller: User, order: Order
) -> None:
    reach(order)
    shown = signed_in(buyer).get(f"/v1/orders/{order.pk}/handover-code")
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")

    reply = handed_over(signed_in(seller), order, **{kind: shown.json()[kind]})

    assert (reply.status_code, reply.json()["status"]) == (200, "shipped")
    after = fresh(order)
    assert (after.state, after.proof) == (State.HANDED_OVER, Order.Proof.BUYER_CODE)
    assert after.events.latest("version").facts["proof"] == "buyer_code"
    assert 11.9 < hours_left(order) <= 12


def test_people_type_blanks_and_dashes(signed_in: SignIn, seller: User, order: Order) -> None:
    accept(order)
    code = code_of(order.pk)

    assert handed_over(signed_in(seller), order, code=f" {code[:4]}-{code[4:]} ").status_code == 200


@pytest.mark.parametrize(("who", "status"), [("seller", 403), ("moderator", 403), ("stranger", 404)])
def test_only_the_buyer_is_shown_the_code(
    who: str, status: int, request: pytest.FixtureRequest, signed_in: SignIn, order: Order
) -> None:
    accept(order)

    reply = signed_in(request.getfixturevalue(who)).get(f"/v1/orders/{order.pk}/handover-code")

    assert reply.status_code == status
    assert code_of(order.pk) not in reply.content.decode()


def test_there_is_no_code_before_the_money_and_after_the_end(signed_in: SignIn, buyer: User, order: Order) -> None:
    client, address = signed_in(buyer), f"/v1/orders/{order.pk}/handover-code"
    assert client.get(address).status_code == 409
    ending.complete(buyer, pay(order).pk)
    assert client.get(address).status_code == 409


@pytest.mark.parametrize(("who", "status"), [("buyer", 403), ("moderator", 403), ("stranger", 404)])
def test_only_the_seller_hands_over(
    who: str, status: int, request: pytest.FixtureRequest, signed_in: SignIn, seller: User, order: Order
) -> None:
    accept(order)
    before = all_of(order)
    client = signed_in(request.getfixturevalue(who))

    for _ in range(12):  # nor do they use up the seller's tries
        assert handed_over(client, order).status_code == status

    assert all_of(order) == before
    assert handed_over(signed_in(seller), order).status_code == 200


def test_M21_the_code_of_another_order_is_refused(
    signed_in: SignIn, seller: User, order: Order, make_order: Callable[..., Order]
) -> None:
    accept(order)
    other = accept(make_order())
    before = all_of(order)

    for body in ({"code": code_of(other.pk)}, {"qr": qr_of(other.pk)}, {"qr": f"{order.pk}:forged"}):
        reply = handed_over(signed_in(seller), order, **body)
        assert (reply.status_code, reply.json()["code"]) == (400, "wrong_code")

    assert all_of(order) == before


@pytest.mark.parametrize("body", [{"code": ""}, {"qr": ""}, {"code": None}, {"code": {}}])
def test_nothing_is_no_code(body: dict[str, Any], signed_in: SignIn, seller: User, order: Order) -> None:
    accept(order)

    assert handed_over(signed_in(seller), order, **body).status_code == 422


def test_M21_guesses_are_few_and_a_right_code_then_waits_too(signed_in: SignIn, seller: User, order: Order) -> None:
    accept(order)
    client, before = signed_in(seller), all_of(order)

    replies = [handed_over(client, order, code=wrong(order, n)).status_code for n in range(1, 13)]

    assert replies == [400] * 10 + [429] * 2
    late = handed_over(client, order)
    assert late.status_code == 429
    assert int(late["Retry-After"]) > 60
    assert all_of(order) == before


def test_M21_guesses_at_one_order_do_not_lock_another(
    signed_in: SignIn, seller: User, order: Order, make_order: Callable[..., Order]
) -> None:
    accept(order)
    client = signed_in(seller)
    for n in range(1, 12):
        handed_over(client, order, code=wrong(order, n))

    assert handed_over(client, accept(make_order())).status_code == 200


def test_M21_a_duplicate_scan_answers_as_the_first_did(signed_in: SignIn, seller: User, order: Order) -> None:
    accept(order)
    client = signed_in(seller)

    replies = [handed_over(client, order, qr=qr_of(order.pk)) for _ in range(12)]  # right ones are not counted

    assert {reply.status_code for reply in replies} == {200}
    assert replies[0].json() == replies[-1].json()
    assert fresh(order).events.filter(step="hand_over").count() == 1


def test_before_the_money_a_right_code_changes_nothing(signed_in: SignIn, seller: User, order: Order) -> None:
    before = all_of(order)

    assert handed_over(signed_in(seller), order).status_code == 409
    assert all_of(order) == before


def test_a_claim_becomes_proof_and_the_wait_shorter(signed_in: SignIn, seller: User, order: Order) -> None:
    ship(order)
    assert hours_left(order) > 47

    reply = handed_over(signed_in(seller), order)

    after = fresh(order)
    assert (reply.status_code, after.state, after.proof) == (200, State.HANDED_OVER, Order.Proof.BUYER_CODE)
    last = after.events.latest("version")
    assert (last.step, last.from_state, last.to_state) == ("prove", "handed_over", "handed_over")
    assert last.facts == {"proof": "buyer_code", "before": "seller_claim"}
    assert hours_left(order) <= 12
    assert let_run_out(order).state == State.COMPLETED  # the deadline is still good for the order as it is now


def test_a_scan_never_makes_the_wait_longer(signed_in: SignIn, seller: User, order: Order) -> None:
    ship(order)
    soon = timezone.now() + timedelta(hours=1)
    Deadline.objects.filter(order=order, kind=deadlines.TIMEOUT).update(due_at=soon)

    handed_over(signed_in(seller), order)

    assert hours_left(order) <= 1


def test_a_scan_that_was_kept_on_a_phone_still_counts_in_a_dispute(
    signed_in: SignIn, buyer: User, seller: User, order: Order
) -> None:
    """The buyer gave the code, then opened a dispute before the seller's phone had a network again."""
    accept(order)
    opening.open_dispute(buyer, order.pk, raised_by=Party.BUYER, reason="Never came")

    reply = handed_over(signed_in(seller), order, qr=qr_of(order.pk))

    assert (reply.status_code, fresh(order).state, fresh(order).proof) == (200, State.DISPUTED, "buyer_code")
    assert Deadline.objects.filter(order=order, order_version=fresh(order).version).count() == 3
    assert let_run_out(order).state == State.COMPLETED


@pytest.mark.django_db(transaction=True)
def test_M21_guesses_sent_at_once_are_counted_too(signed_in: SignIn, seller: User, order: Order) -> None:
    accept(order)
    clients = [signed_in(seller) for _ in range(20)]

    replies = at_once(
        [
            lambda c=client, n=n: handed_over(c, order, code=wrong(order, n))  # type: ignore[misc]
            for n, client in enumerate(clients, 1)
        ]
    )

    assert sorted(reply.status_code for reply in replies) == [400] * 10 + [429] * 10


def test_M21_without_the_limit_guessing_goes_on(
    signed_in: SignIn, seller: User, order: Order, settings: Settings
) -> None:
    """The negative control."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "handover_code": "off"}
    accept(order)

    replies = [handed_over(signed_in(seller), order, code=wrong(order, n)).status_code for n in range(1, 13)]

    assert replies == [400] * 12


@pytest.mark.django_db(transaction=True)
def test_M21_scanned_twice_at_once_it_is_one_step(signed_in: SignIn, seller: User, order: Order) -> None:
    pay(order)
    clients = [signed_in(seller) for _ in range(6)]

    replies = at_once([lambda c=client: handed_over(c, order) for client in clients])  # type: ignore[misc]

    assert [reply.status_code for reply in replies] == [200] * 6
    assert list(fresh(order).events.order_by("version").values_list("step", flat=True))[-2:] == ["accept", "hand_over"]


def test_another_server_secret_is_another_code(order: Order, settings: Settings) -> None:
    code, qr = code_of(order.pk), qr_of(order.pk)
    settings.SECRET_KEY = "another secret altogether, and long enough"

    assert (code_of(order.pk), qr_of(order.pk)) != (code, qr)
    assert len(code) == DIGITS
