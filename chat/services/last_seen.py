"""When people were last here: noted in Redis by the sockets' processes, and written down once a minute for all at once.

A hint, and no more: what Redis forgets meanwhile is not known, and nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection as database
from django.db.models import Q

from accounts.models import Block, User
from chat.models import LastSeen, Member
from marketplace.common.redisdb import ask, connection

SEEN = "pres:seen"
AT_ONCE = 5_000
# In one order always, so that two who write at once do not wait for each other; Redis' clock may be ahead of ours
_WRITE = """
INSERT INTO chat_lastseen (user_id, at)
SELECT u.id, least(to_timestamp(seen.at), now())
FROM unnest(%s::uuid[], %s::float8[]) AS seen (user_id, at) JOIN accounts_user u ON u.id = seen.user_id
ORDER BY u.id
ON CONFLICT (user_id) DO UPDATE SET at = excluded.at WHERE chat_lastseen.at < excluded.at
"""


def write_down() -> int:
    """How many were written. What is noted from this second on is for the next time, so that none is lost between."""
    seconds, _ = ask(connection().time)
    noted = ask(lambda: connection().zrangebyscore(SEEN, "-inf", f"({seconds}", withscores=True))
    for begin in range(0, len(noted), AT_ONCE):
        some = noted[begin : begin + AT_ONCE]
        with database.cursor() as cursor:
            cursor.execute(_WRITE, [[user.decode() for user, _ in some], [at for _, at in some]])
    ask(lambda: connection().zremrangebyscore(SEEN, "-inf", f"({seconds}"))
    return len(noted)


def seen_by(viewer: User, members: Sequence[Member]) -> dict[UUID, datetime]:
    """When these members of one room were last here, as far as this person may know it.

    Nobody's is told in a room that anybody may walk into, nor theirs who have never read there: to be invited, or
    written to, is not to agree. Who keeps their own to themselves is not told others'.
    """
    own = next((each for each in members if each.user_id == viewer.pk), None)
    if own is None or own.state != Member.State.ACTIVE or not own.room.is_private:
        return {}
    hidden = _blocked_with(viewer)
    known = {viewer.pk} | {
        each.user_id
        for each in members
        if viewer.shows_last_seen and each.user.shows_last_seen and _has_been_here(each) and each.user_id not in hidden
    }
    return dict(LastSeen.objects.filter(user__in=known).values_list("user", "at"))


def _has_been_here(member: Member) -> bool:
    return member.state == Member.State.ACTIVE and member.last_read_seq > 0


def _blocked_with(viewer: User) -> set[UUID]:
    pairs = Block.objects.filter(Q(blocker=viewer) | Q(blocked=viewer)).values_list("blocker", "blocked")
    return {each for pair in pairs for each in pair} - {viewer.pk}
