"""What a person has looked at lately: recorded when an app says so, because reading a listing must not write."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from listings.models import Listing, RecentView

KEPT = 100


@transaction.atomic
def remember(user: User, listing: Listing, *, now: datetime) -> None:
    RecentView.objects.bulk_create(
        [RecentView(user=user, listing=listing, seen_at=now)],
        update_conflicts=True,
        unique_fields=["user", "listing"],
        update_fields=["seen_at"],
    )
    _forget_oldest(user)


def _forget_oldest(user: User) -> None:
    """Whatever another request of theirs holds is left to it, so that two cannot wait for each other."""
    newest_first = RecentView.objects.filter(user=user).order_by("-seen_at", "-pk")
    surplus = newest_first.values_list("pk", flat=True)[KEPT:]
    locked = RecentView.objects.filter(pk__in=list(surplus)).select_for_update(skip_locked=True)
    RecentView.objects.filter(pk__in=[view.pk for view in locked]).delete()


def forget_all(user: User) -> None:
    RecentView.objects.filter(user=user).delete()
