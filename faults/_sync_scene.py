"""Who writes and who reads."""

from __future__ import annotations

from collections.abc import Mapping

from _stack import Web
from _sync_mutants import PREPARE
from _sync_readers import Door, Reader
from _sync_writers import Writers
from django.db import connection
from django.utils import timezone

from accounts.models import Surface, User
from accounts.services.sign_in import open_session
from accounts.tokens import pair_for
from chat.services import groups
from marketplace.common.ids import uuid7

# name, whether somebody is signed in, how many at once, and by what they go on
WAYS = (
    ("everybody, 500 at once, by cursor", False, 500, "cursor"),
    ("the first, 7 at once, by cursor", True, 7, "cursor"),
    ("the second, 500 at once, by time", True, 500, "since"),
    ("the third, 1 at once, by either", True, 1, "alternating"),
    ("the moderator, 7 at once, by either", True, 7, "alternating"),
)


class Scene:
    def __init__(self, web: Web, wrong: Mapping[str, Web], *, writers: int, changes: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(PREPARE)
        people = [_person() for _ in range(3)]
        moderator = _person(is_staff=True, is_superuser=True)
        room = groups.create(people[0], name="Drill", is_private=False)
        for person in people[1:]:
            groups.join(person, room.pk)
        self.writers = Writers(people, room, writers, changes)
        signed_in = iter((*people, moderator))
        self.readers = [
            _reader(name, web, next(signed_in) if is_somebody else None, limit, way)
            for name, is_somebody, limit, way in WAYS
        ]
        self.mutants = [_reader(name, server, people[0], 500, "cursor") for name, server in wrong.items()]

    def start(self) -> None:
        for reader in (*self.readers, *self.mutants):
            reader.start()
        self.writers.start()

    def stop_writing(self) -> None:
        self.writers.stop()

    def stop_reading(self) -> None:
        """Each brings the pass to its end in which it is, and makes two more."""
        everybody = (*self.readers, *self.mutants)
        for reader in everybody:
            reader.end()
        for reader in everybody:
            reader.join()


def _reader(name: str, web: Web, person: User | None, limit: int, way: str) -> Reader:
    token = _token(person) if person else None
    return Reader(name, Door(lambda: web.address, token), person, limit=limit, way=way)


def _person(**facts: bool) -> User:
    name = f"d{uuid7().hex[-12:]}"
    return User.objects.create(username=name, name=name, **facts)


def _token(person: User) -> str:
    session = open_session(
        person, surface=Surface.POLIMARKET, address="127.0.0.1", user_agent="drill", now=timezone.now()
    )
    return pair_for(session).access
