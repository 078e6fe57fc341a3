"""When people were last here: noted in Redis by the sockets' processes, and written down once a minute for all at once.

A hint, and no more: what Redis forgets meanwhile is not known, and nobody waits for it.
"""

from __future__ import annotations

from django.db import connection as database
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When

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


def with_last_seen(members: QuerySet[Member], viewer: User) -> QuerySet[Member]:
    """`last_seen_at` of each, as far as this person may know it.

    Who keeps it to themselves is not told others'; and nobody's is told in a room that anybody may walk into.
    """
    of_them = LastSeen.objects.filter(user=OuterRef("user"))
    if not viewer.shows_last_seen:
        of_them = of_them.filter(user=viewer)
    blocked = Block.objects.filter(
        Q(blocker=OuterRef("user"), blocked=viewer) | Q(blocker=viewer, blocked=OuterRef("user"))
    )
    shown = of_them.filter(~Exists(blocked), Q(user__shows_last_seen=True) | Q(user=viewer))
    return members.annotate(last_seen_at=Case(When(room__is_private=True, then=Subquery(shown.values("at")))))
