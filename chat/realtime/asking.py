"""What the hub asks the database, for many at once."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from accounts.authentication import person_behind
from accounts.models import Session, User
from accounts.tokens import Claims
from chat.models import Member


def person_of(claims: Claims) -> User:
    return person_behind(claims)


def still_good(session_ids: Iterable[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Which of these sessions, and whose accounts."""
    rows = Session.objects.filter(pk__in=set(session_ids), user__is_active=True)
    found = list(rows.values_list("pk", "user_id", "revoked_at"))
    return {pk for pk, _, revoked_at in found if revoked_at is None}, {user_id for _, user_id, _ in found}


def banned_among(pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    wanted = set(pairs)
    rows = Member.objects.filter(
        state=Member.State.BANNED, room__in={room for room, _ in wanted}, user__in={user for _, user in wanted}
    )
    return wanted & set(rows.values_list("room_id", "user_id"))


def person_now(user_id: UUID) -> User | None:
    person: User | None = User.objects.filter(pk=user_id).first()
    return person


def is_active(user_id: UUID) -> bool:
    """False for an account that is disabled; one that never was is none that somebody has to be told about."""
    return not User.objects.filter(pk=user_id, is_active=False).exists()
