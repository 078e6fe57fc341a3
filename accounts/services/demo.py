"""The demo's people, whose passwords stand in public documents: made on developers' machines, never anywhere else."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import check_password

from accounts.models import User
from accounts.services import registration


class OnlyLocal(RuntimeError):
    """Somebody tried to make people with public passwords where strangers could use them."""


@dataclass(frozen=True)
class DemoPerson:
    username: str
    password: str
    name: str
    is_administrator: bool = False


PEOPLE = (
    DemoPerson("admin", "admin123", "Admin", is_administrator=True),
    DemoPerson("user1", "password123", "User One"),
    DemoPerson("user2", "password123", "User Two"),
)


def ensure_people(*, is_local: bool) -> list[str]:
    """The names of those who were made; whoever is there already stays as they are."""
    if not is_local:
        raise OnlyLocal("Demo people exist under APP_ENV=local only.")
    missing = [person for person in PEOPLE if not User.objects.with_username(person.username).exists()]
    for person in missing:
        _make(person)
    return [person.username for person in missing]


def _make(person: DemoPerson) -> None:
    if person.is_administrator:
        User.objects.create_superuser(person.username, person.password)
    else:
        registration.register(username=person.username, password=person.password, name=person.name)


def with_known_passwords() -> list[str]:
    """Active accounts that anybody could enter: a local database that became a real one."""
    return [
        person.username
        for person in PEOPLE
        for account in User.objects.active().with_username(person.username)
        if check_password(person.password, account.password)
    ]
