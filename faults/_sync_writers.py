"""Twelve who write at once, in every way in which rows are written, and do not always mean it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F

from accounts.models import Notification, User
from chat.models import Room
from chat.services import sending
from listings.models import Category, Listing
from listings.services import favourites
from marketplace.common.errors import DomainError
from marketplace.common.ids import uuid7

LISTINGS_OF_EACH = 12
LONG = 0.04  # of the transactions are long: up to three seconds
LONGEST_SECONDS = 3.0


class ChangedMyMind(Exception):
    pass


class Writers:
    def __init__(self, people: list[User], room: Room, count: int, wanted: int) -> None:
        self.people, self.room, self.wanted = people, room, wanted
        self.category = Category.objects.earliest("pk")
        self.changes = self.undone = self.broken = 0
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def are_done(self) -> bool:
        return self.changes >= self.wanted

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        writer = Writer(self, random.Random(number))
        while not self._stopping.is_set() and not self.are_done:
            done = writer.once()
            with self._lock:
                self.changes += max(done, 0)
                self.undone += done == 0
                self.broken += done < 0
        connection.close()


class Writer:
    def __init__(self, all_of_them: Writers, dice: random.Random) -> None:
        self._all, self._dice = all_of_them, dice
        self._listings: list[UUID] = []
        self._told: list[UUID] = []
        self._deeds: list[Callable[[], int]] = [
            *(self._offer, self._reprice, self._hide_or_show, self._reprice_in_bulk, self._delete_and_insert),
            *(self._tell, self._tell_many, self._read, self._forget, self._tell_again, self._say, self._like),
        ]

    def once(self) -> int:
        """How many rows were changed for good; none: it was undone; -1: something fell."""
        dice = self._dice
        try:
            with transaction.atomic():
                if dice.random() < 0.5:
                    connection.cursor().execute("SELECT pg_current_xact_id()")
                done = sum(self._in_a_savepoint() for _ in range(dice.randint(1, 4)))
                time.sleep(dice.random() * (LONGEST_SECONDS if dice.random() < LONG else 0.02))
                self._perhaps_not()
        except ChangedMyMind:
            return 0
        except (DatabaseError, InterfaceError, DomainError):
            connection.close()
            time.sleep(0.2)
            return -1
        return done

    def _in_a_savepoint(self) -> int:
        try:
            with transaction.atomic():
                done = self._dice.choice(self._deeds)()
                self._perhaps_not()
                return done
        except ChangedMyMind:
            return 0

    def _perhaps_not(self) -> None:
        if self._dice.random() < 0.05:
            raise ChangedMyMind

    # ── Through the ORM, in bulk, as SQL, and by services ────────────────────────────────────────

    def _person(self) -> User:
        return self._dice.choice(self._all.people)

    def _offer(self) -> int:
        if len(self._listings) >= LISTINGS_OF_EACH:
            return self._reprice()
        state = self._dice.choice(["live", "live", "draft"])
        facts = {"seller": self._person(), "category": self._all.category, "title": "Drill", "state": state}
        made = Listing.objects.create(price_cents=self._dice.randint(1, 10**9), **facts)
        self._listings.append(made.pk)
        return 1

    def _reprice(self) -> int:
        if not self._listings:
            return 0
        rows = Listing.objects.filter(pk=self._dice.choice(self._listings))
        return int(rows.update(price_cents=self._dice.randint(1, 10**9), version=F("version") + 1))

    def _reprice_in_bulk(self) -> int:
        some = sorted(self._dice.sample(self._listings, min(3, len(self._listings))))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE listings_listing SET price_cents = price_cents + 1, version = version + 1"
                " WHERE id IN (SELECT id FROM listings_listing WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE)",
                [some],
            )
            return int(cursor.rowcount)

    def _hide_or_show(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE listings_listing SET version = version + 1,"
                " hidden_at = CASE WHEN hidden_at IS NULL THEN now() END WHERE id = ANY(%s)",
                [self._listings[:1]],
            )
            return int(cursor.rowcount)

    def _delete_and_insert(self) -> int:
        """Gone for good, or there again under the same name."""
        if len(self._listings) < LISTINGS_OF_EACH // 2:
            return self._offer()
        key = self._listings.pop(self._dice.randrange(len(self._listings)))
        Listing.objects.filter(pk=key).delete()
        if self._dice.random() < 0.5:
            facts = {"seller": self._person(), "category": self._all.category, "title": "Again"}
            Listing.objects.create(pk=key, price_cents=self._dice.randint(1, 10**9), **facts)
            self._listings.append(key)
        return 1

    def _tell(self) -> int:
        made = Notification.objects.create(user=self._person(), kind="drill", title="Drill", event_id=uuid7())
        self._told.append(made.pk)
        return 1

    def _tell_many(self) -> int:
        rows = [Notification(user=person, kind="drill", title="All", event_id=uuid7()) for person in self._all.people]
        self._told += [row.pk for row in Notification.objects.bulk_create(rows)]
        return len(rows)

    def _read(self) -> int:
        keys = self._dice.sample(self._told, min(2, len(self._told)))
        with connection.cursor() as cursor:
            cursor.execute("UPDATE accounts_notification SET read_at = now() WHERE id = ANY(%s)", [keys])
            return int(cursor.rowcount)

    def _forget(self) -> int:
        if len(self._told) < 5:
            return 0
        key = self._told.pop(self._dice.randrange(len(self._told)))
        return int(Notification.objects.filter(pk=key).delete()[0])

    def _tell_again(self) -> int:
        """Deleted and inserted in one transaction, under its old name."""
        if not self._told:
            return 0
        key, user = self._told[-1], self._person()
        Notification.objects.filter(pk=key).delete()
        Notification.objects.create(pk=key, user=user, kind="drill", title="Again", event_id=uuid7())
        return 1

    def _say(self) -> int:
        if self._dice.random() < 0.8:  # who is in a room waits for who is speaking there
            return self._tell()
        sending.send(self._all.people[0], self._all.room.pk, sending.Draft(f"{self._dice.random()}"))
        return 1

    def _like(self) -> int:
        shown = Listing.objects.filter(pk__in=self._listings).first()
        if shown is None:
            return 0
        favourites.toggle(self._person(), shown)
        return 1
