"""How somebody sells. Without a row everything is as the fields' defaults say."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from orders.models import SellerTerms


def terms_of(user: User) -> SellerTerms:
    found: SellerTerms | None = SellerTerms.objects.filter(user=user).first()
    return found or SellerTerms(user=user)


@transaction.atomic
def change(user: User, changes: dict[str, bool]) -> SellerTerms:
    if not changes:
        return terms_of(user)
    changed: SellerTerms
    changed, _ = SellerTerms.objects.update_or_create(user=user, defaults=changes)
    return changed
