"""Searches worth repeating: kept by name, a limited number per person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from listings.models import SavedSearch
from listings.search.stored import stored
from marketplace.common.errors import Conflict, NotFound

MOST = 50
CHANGEABLE = ("name", "criteria", "wants_alerts")


class SavedSearchNotFound(NotFound):
    code = "saved_search_not_found"
    detail = "Saved search not found"


class NameTaken(Conflict):
    code = "name_taken"
    detail = "You already have a saved search of this name"


class TooManySearches(Conflict):
    code = "too_many_saved_searches"
    detail = f"You may keep {MOST} saved searches; delete one first"


@transaction.atomic
def keep(user: User, *, name: str, criteria: Mapping[str, Any], wants_alerts: bool) -> tuple[SavedSearch, bool]:
    """The search, and whether it is new: sent once more, it is the one that is there."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # so that two phones cannot pass the limit together
    wanted = SavedSearch(user=user, name=name, criteria=stored(criteria), wants_alerts=wants_alerts)
    same = SavedSearch.objects.filter(user=user, name=name).first()
    if same is not None:
        if same.criteria != wanted.criteria:
            raise NameTaken
        return same, False
    if SavedSearch.objects.filter(user=user).count() >= MOST:
        raise TooManySearches
    wanted.save()
    wanted.refresh_from_db(fields=["created_at"])
    return wanted, True


@transaction.atomic
def change(user: User, search_id: UUID, *, changes: Mapping[str, Any]) -> SavedSearch:
    """What it has already found stays remembered, whatever it looks for from now on."""
    search = SavedSearch.objects.filter(user=user, pk=search_id).select_for_update(no_key=True).first()
    if search is None:
        raise SavedSearchNotFound
    for name in CHANGEABLE:
        if name in changes:
            setattr(search, name, stored(changes[name]) if name == "criteria" else changes[name])
    try:
        with transaction.atomic():
            search.save(update_fields=CHANGEABLE)
    except IntegrityError as error:
        raise NameTaken from error
    return search


def drop(user: User, search_id: UUID) -> None:
    count, _ = SavedSearch.objects.filter(user=user, pk=search_id).delete()
    if not count:
        raise SavedSearchNotFound
