"""Changing one's own profile, with the proof that some of it asks for."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.services import contacts, passwords, people
from marketplace.common import ratelimit


def change(user: User, changes: dict[str, Any], *, proof: str, address: str) -> User:
    """`proof`: the password. A new e-mail address asks for it, being the way back into the account."""
    if changes.get("email", user.email) != user.email:
        _may_change_email(user, changes["email"], proof, address)
    return people.update_profile(user, changes)


def _may_change_email(user: User, email: str, proof: str, address: str) -> None:
    """Rationed like every other way to ask whether an address is known, or to have a letter sent to it."""
    ratelimit.require("password_mail", f"change:{user.pk}", sensitive=True)
    contacts.spend_budget(user, [contacts.digest_of(email)])
    passwords.prove_password(user, proof, address=address)
