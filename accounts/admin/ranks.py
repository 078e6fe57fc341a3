"""Who may act on whom: nobody on themselves, and only superusers on their equals.

Without this rule a moderator who may disable accounts could disable the administrators.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q

from accounts.models import User


class Rank(IntEnum):
    PERSON = 0
    STAFF = 1
    ADMINISTRATOR = 2
    SUPERUSER = 3


def rank(person: User) -> Rank:
    """Counted for disabled accounts as well: a disabled administrator is not a moderator's to enable."""
    if person.is_superuser:
        return Rank.SUPERUSER
    if not person.is_staff:
        return Rank.PERSON
    return Rank.ADMINISTRATOR if _may_change_roles(person) else Rank.STAFF


def outranks(actor: Any, person: User) -> bool:
    if actor.pk == person.pk:
        return False
    return actor.is_superuser or rank(actor) > rank(person)


def _may_change_roles(person: User) -> bool:
    given = Q(user=person) | Q(group__user=person)
    return Permission.objects.filter(given, content_type__app_label="accounts", codename="change_roles").exists()
