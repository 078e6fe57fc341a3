"""Who are you: a name and a password become a session."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from accounts.models import Session, Surface, User
from accounts.services import addresses, lockout
from accounts.tokens import WITH_REFRESH, access_life
from marketplace.common import metrics, outbox
from marketplace.common.errors import Forbidden, Unauthenticated


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"
    detail = "Invalid credentials"


class Disabled(InvalidCredentials):
    """The password is right and the account is not. It says no more than a wrong password unless a door wants it to."""


class EmailNotVerified(Forbidden):
    code = "email_not_verified"
    detail = "Please confirm your e-mail address first"


def sign_in(
    identifier: str, password: str, *, surface: Surface, address: str, user_agent: str, now: datetime
) -> Session:
    """`identifier` is an e-mail address if it has an "@", else a user name."""
    user = check_password_of(identifier, password, address=address, surface=surface)
    if settings.REQUIRE_EMAIL_VERIFICATION and user.email and user.email_verified_at is None:
        raise EmailNotVerified
    return open_session(user, surface=surface, address=address, user_agent=user_agent, now=now)


def check_password_of(identifier: str, password: str, *, address: str, surface: str) -> User:
    """The active account whose password this is. Unknown, wrong and disabled look and take the same."""
    user = find(identifier)
    attempt = lockout.begin_attempt(name=identifier, account=str(user.pk) if user else identifier, address=address)
    is_right = check_password(password, user.password if user else _nobodys_password())
    if user is None or not is_right or not user.is_active:
        metrics.sign_ins.labels(surface, "refused").inc()
        raise Disabled if user is not None and is_right else InvalidCredentials
    attempt.succeeded()
    metrics.sign_ins.labels(surface, "ok").inc()
    return user


def find(identifier: str) -> User | None:
    if "@" in identifier:
        with suppress(ValueError):
            identifier = addresses.normalized(identifier)
        found: User | None = User.objects.with_email(identifier).first()
        return found
    named: User | None = User.objects.with_username(identifier).first()
    return named


@cache
def _nobodys_password() -> str:
    """A hash to check against when there is no account, so that both answers take equally long."""
    return make_password("nobody")


def _still_as_proven(user: User) -> None:
    """The password was checked without a lock; whoever changed it or closed the account meanwhile has won."""
    locked = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).first()
    if locked is None or locked.password != user.password:
        raise InvalidCredentials


@transaction.atomic
def open_session(user: User, *, surface: Surface, address: str, user_agent: str, now: datetime) -> Session:
    _still_as_proven(user)
    agent = user_agent[:200]
    is_new_device = user.last_login is not None and not user.sessions.filter(user_agent=agent).exists()
    life = timedelta(days=settings.JWT_REFRESH_DAYS) if surface in WITH_REFRESH else access_life(surface)
    session = Session.objects.create(
        user=user,
        surface=surface,
        rotated_at=now,
        expires_at=now + life,
        address=address or None,
        user_agent=agent,
    )
    User.objects.filter(pk=user.pk).update(last_login=now)
    user.last_login = now
    if is_new_device:
        outbox.publish("person.new_device", user_id=str(user.pk), session_id=str(session.pk))
    return session
