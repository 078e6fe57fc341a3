"""How somebody sells: `/v1/users/me/selling`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.common.models import AuditEntry
from orders.lifecycle import State
from orders.models import Order, SellerTerms
from orders.tests.parties import pay

pytestmark = pytest.mark.django_db
ADDRESS = "/v1/users/me/selling"


def test_nobody_accepts_at_once_unless_they_say_so(
    signed_in: Callable[..., APIClient], seller: User, order: Order
) -> None:
    assert signed_in(seller).get(ADDRESS).json() == {"accepts_at_once": False, "payout_account": ""}
    assert not SellerTerms.objects.exists()
    assert pay(order).state == State.FUNDED


def test_who_says_so_accepts_what_is_paid(signed_in: Callable[..., APIClient], seller: User, order: Order) -> None:
    client = signed_in(seller)

    changed = client.patch(ADDRESS, {"accepts_at_once": True})

    assert (changed.status_code, changed.json()) == (200, {"accepts_at_once": True, "payout_account": ""})
    assert client.patch(ADDRESS, {}).json() == client.get(ADDRESS).json() == changed.json()
    assert pay(order).state == State.ACCEPTED


def test_another_person_s_terms_are_their_own(signed_in: Callable[..., APIClient], seller: User, buyer: User) -> None:
    signed_in(buyer).patch(ADDRESS, {"accepts_at_once": True})

    assert signed_in(seller).get(ADDRESS).json() == {"accepts_at_once": False, "payout_account": ""}
    assert signed_in(buyer).patch(ADDRESS, {"accepts_at_once": "perhaps"}).status_code == 422


def test_where_the_money_goes_is_said_by_the_seller_alone_shown_by_its_end_and_kept_in_the_audit_trail(
    signed_in: Callable[..., APIClient], seller: User, buyer: User
) -> None:
    client = signed_in(seller)

    changed = client.patch(ADDRESS, {"payout_account": "acct_1N2b3C4d5E6f"})
    client.patch(ADDRESS, {"payout_account": "acct_1N2b3C4d5E6f", "accepts_at_once": True})

    assert changed.json() == {"accepts_at_once": False, "payout_account": "…5E6f"}
    assert SellerTerms.objects.get().payout_account == "acct_1N2b3C4d5E6f"
    entry = AuditEntry.objects.get(action="seller.payout_account_changed")
    assert (entry.actor_id, entry.data) == (seller.pk, {"before": "", "now": "…5E6f"})
    assert signed_in(buyer).get(ADDRESS).json()["payout_account"] == ""
    assert client.patch(ADDRESS, {"payout_account": ""}).json()["payout_account"] == ""


@pytest.mark.parametrize(
    "account", ["acct_", "acct_short", "DE89370400440532013000", "acct_1234 5678", "acct_ñ2345678"]
)
def test_what_is_no_account_is_refused(signed_in: Callable[..., APIClient], seller: User, account: str) -> None:
    assert signed_in(seller).patch(ADDRESS, {"payout_account": account}).status_code == 422
    assert not SellerTerms.objects.exists()
