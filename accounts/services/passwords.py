"""Changing a password, and getting back in without one. Both end every session there is."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.db import transaction

from accounts.models import Session, User
from accounts.services import lockout, sessions
from marketplace.common import outbox
from marketplace.common.errors import DomainError

reset_tokens = PasswordResetTokenGenerator()  # used up by the very change it allows: it hashes the old password


class WrongPassword(DomainError):
    code = "wrong_password"
    detail = "The current password is not right"


class BadResetToken(DomainError):
    code = "bad_reset_token"
    detail = "This link has expired or was already used"


def change_password(user: User, *, current: str, new: str, address: str, now: datetime) -> None:
    """Every session ends at once, the one that asked too: whoever holds a copy of its tokens is out."""
    prove_password(user, current, address=address)
    _set_password(user, new, now=now)


def prove_password(user: User, password: str, *, address: str) -> None:
    """A token may be stolen; what changes the keys of an account asks for the password as well."""
    attempt = lockout.begin_attempt(name=str(user.pk), account=str(user.pk), address=address)
    if not check_password(password, user.password):
        raise WrongPassword
    attempt.succeeded()


def request_reset(email: str) -> None:
    """The same for known and unknown addresses: the letter is written and sent elsewhere, later."""
    user = User.objects.active().with_email(email).first()
    if user is not None:
        with transaction.atomic():
            outbox.publish("password.reset_requested", user_id=str(user.pk))


def reset_link_token(user: User) -> str:
    return signing.dumps([str(user.pk), reset_tokens.make_token(user)], salt="password-reset")


def reset_password(token: str, *, new: str, now: datetime) -> User:
    user = person_of_reset(token)
    _set_password(user, new, now=now, proven=token)
    return user


def person_of_reset(token: str) -> User:
    try:
        user_id, inner = signing.loads(token, salt="password-reset")
    except (signing.BadSignature, ValueError) as error:
        raise BadResetToken from error
    user: User | None = User.objects.active().filter(pk=user_id).first()
    if user is None or not reset_tokens.check_token(user, inner):
        raise BadResetToken
    return user


def _set_password(user: User, new: str, *, now: datetime, proven: str | None = None) -> None:
    known = user.password
    user.set_password(new)  # slow on purpose, so it stays outside the transaction
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if locked.password != known:  # changed meanwhile, so what was proven is no longer true
            raise WrongPassword if proven is None else BadResetToken
        User.objects.filter(pk=user.pk).update(password=user.password, updated_at=now)
        end_what_the_old_one_opened(user, now=now)


@transaction.atomic
def end_what_the_old_one_opened(user: User, *, now: datetime) -> None:
    """Every session and cookie, and its owner is told."""
    sessions.end_sessions(user, by=Session.Ended.PASSWORD, now=now)
    outbox.publish("password.changed", user_id=str(user.pk))
