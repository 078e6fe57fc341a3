"""How somebody sells. Without a row everything is as the fields' defaults say."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User
from marketplace.common import audit
from orders.models import SellerTerms
from orders.models.seller import masked


def terms_of(user: User) -> SellerTerms:
    found: SellerTerms | None = SellerTerms.objects.filter(user=user).first()
    return found or SellerTerms(user=user)


@transaction.atomic
def change(user: User, changes: dict[str, Any]) -> SellerTerms:
    if not changes:
        return terms_of(user)
    before = terms_of(user).payout_account
    changed: SellerTerms
    changed, _ = SellerTerms.objects.update_or_create(user=user, defaults=changes)
    if changed.payout_account != before:
        told = {"before": masked(before), "now": changed.shown_account}
        audit.record("seller.payout_account_changed", changed, actor=user, data=told)
    return changed
