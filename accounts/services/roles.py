"""Moderators: a group that can do its work, and nothing beyond it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import Session, User
from accounts.services import sessions
from marketplace.common import audit

MODERATORS = "Moderators"
MODERATOR_PERMISSIONS = (
    "accounts.view_user",
    "accounts.disable_user",
    "accounts.end_sessions",
    "accounts.view_session",
    "accounts.view_personreport",
    "accounts.change_personreport",
    "common.view_auditentry",
)


def ensure_moderators() -> None:
    """Adds what is missing; later apps call `grant` for theirs, and nothing an administrator added is taken away."""
    grant(MODERATOR_PERMISSIONS)


def grant(names: tuple[str, ...]) -> None:
    group, _ = Group.objects.get_or_create(name=MODERATORS)
    for name in names:
        app, codename = name.split(".")
        found = Permission.objects.filter(content_type__app_label=app, codename=codename)
        group.permissions.add(*found)


@transaction.atomic
def make_moderator(person: User, *, actor: User, reason: str, now: datetime) -> None:
    person.groups.add(Group.objects.get(name=MODERATORS))
    User.objects.filter(pk=person.pk).update(is_staff=True, updated_at=now)
    audit.record("role.moderator_made", person, actor=actor, reason=reason)


@transaction.atomic
def unmake_moderator(person: User, *, actor: User, reason: str, now: datetime) -> None:
    """Staff rights end with the next request; their sessions end too, so that nothing cached survives."""
    person.groups.remove(Group.objects.get(name=MODERATORS))
    User.objects.filter(pk=person.pk, is_superuser=False).update(is_staff=False, updated_at=now)
    sessions.end_sessions(person, by=Session.Ended.STAFF, now=now)
    audit.record("role.moderator_unmade", person, actor=actor, reason=reason)
