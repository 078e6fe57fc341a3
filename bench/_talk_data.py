"""People who are signed in, and the rooms they are in, for measurements of the chat. Inside `own_database` only."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Talk:
    """Everybody is a member of every room."""

    rooms: list[UUID]
    people: list[UUID]
    tokens: list[str]
    sessions: list[UUID]


def talk(*, people: int, rooms: int) -> Talk:
    from django.utils import timezone

    from accounts.models import Surface, User
    from accounts.services.sign_in import open_session
    from accounts.tokens import pair_for
    from chat.models import Member
    from chat.services import groups

    stamp = time.time_ns()
    users = User.objects.bulk_create(User(username=f"bench-{stamp}-{number}") for number in range(people))
    made = [groups.create(users[0], name=f"Bench {number}") for number in range(rooms)]
    members = (Member(room=room, user=user) for room in made for user in users[1:])
    Member.objects.bulk_create(members, batch_size=5_000)
    facts: dict[str, Any] = {"surface": Surface.CAMPUS, "address": "127.0.0.1", "user_agent": "bench"}
    sessions = [open_session(user, now=timezone.now(), **facts) for user in users]
    return Talk(
        [room.pk for room in made],
        [user.pk for user in users],
        [pair_for(session).access for session in sessions],
        [session.pk for session in sessions],
    )
