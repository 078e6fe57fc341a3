"""Becoming a person here."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import addresses, usernames
from marketplace.common import outbox
from marketplace.common.errors import DomainError


class EmailTaken(DomainError):
    code = "email_taken"
    detail = "email already registered"


class UsernameTaken(DomainError):
    code = "username_taken"
    detail = "Username already taken"


class NotACampusAddress(DomainError):
    code = "not_a_campus_address"
    detail = "Registration is open to campus e-mail addresses only"


def register(
    *,
    password: str,
    name: str = "",
    email: str | None = None,
    username: str | None = None,
    campus: str | None = None,
    role: str | None = None,
    language: str = "",
    allowed_domains: Collection[str] = (),
) -> User:
    """A new account, or the reason why not. Two at once for one address: the database lets one in."""
    if email is not None and not addresses.is_of(email, allowed_domains):
        raise NotACampusAddress
    person = User(email=email, name=name, campus=campus, role=role, language=language)
    person.set_password(password)  # slow on purpose, so it stays outside the transaction
    names = [username] if username else list(usernames.suggestions(email=email, name=name))
    for candidate in names:
        person.username = candidate
        if _insert(person, may_retry=username is None):
            return person
    raise UsernameTaken


def _insert(person: User, *, may_retry: bool) -> bool:
    try:
        with transaction.atomic():
            person.save(force_insert=True)
            outbox.publish("person.registered", user_id=str(person.pk))
    except IntegrityError as error:
        if "user_email_once" in str(error):
            raise EmailTaken from error
        if "user_username_once" not in str(error) or not may_retry:
            raise UsernameTaken from error
        return False
    return True
