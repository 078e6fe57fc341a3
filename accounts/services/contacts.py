"""Which of my contacts are here? Asked with hashes, which for one campus are hardly a secret: so it is rationed.

Nothing that was asked is stored. The day's budget counts distinct hashes, kept in Redis for a day under a keyed
hash of their own, so that neither place can be turned back into addresses. Without Redis the answer is "later".
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cache
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from accounts.models import User
from accounts.models.person import UserQuerySet
from marketplace.common.errors import TooManyRequests, Unavailable
from marketplace.common.redisdb import ask, connection

DAY = 86_400
_SPEND = """
local new = 0
for i = 3, #ARGV do if redis.call('SISMEMBER', KEYS[1], ARGV[i]) == 0 then new = new + 1 end end
if redis.call('SCARD', KEYS[1]) + new > tonumber(ARGV[1]) then return {0, redis.call('TTL', KEYS[1])} end
for i = 3, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return {1, 0}
"""


class BudgetSpent(TooManyRequests):
    code = "contact_budget_spent"
    detail = "You have looked up as many contacts as a day allows"


def match(user: User, digests: list[bytes]) -> list[tuple[User, bytes]]:
    """The people behind these hashes who want to be found, each with the hash that found them."""
    spend_budget(user, digests)
    found = discoverable_by(user).matching_digests(digests).order_by("number")
    return [
        (person, bytes(person.email_digest))  # type: ignore[attr-defined]  # annotated by matching_digests
        for person in found
    ]


def discoverable_by(user: User) -> UserQuerySet:
    return User.objects.discoverable_by(user, verified_only=settings.REQUIRE_EMAIL_VERIFICATION)


def spend_budget(user: User, digests: list[bytes]) -> None:
    """All of them or none; the same hashes again today cost nothing."""
    if not digests:
        return
    budget = settings.CONTACT_MATCH_DAILY_BUDGET
    marks = [_mark(digest) for digest in set(digests)]
    try:
        allowed, wait = ask(lambda: _script()(keys=[f"contacts:{user.pk}"], args=[budget, DAY, *marks]))
    except RedisError as error:
        raise Unavailable from error
    if not allowed:
        raise BudgetSpent(retry_after=int(wait) if int(wait) > 0 else DAY)


def digest_of(email: str) -> bytes:
    return hashlib.sha256(email.strip().lower().encode()).digest()


def _mark(digest: bytes) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), b"contact" + digest, hashlib.sha256).digest()[:12]


@cache
def _script() -> Any:
    return connection().register_script(_SPEND)
