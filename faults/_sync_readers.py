"""Phones that ask all the time, each in its own way, also while nobody answers; and what they should hold then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
from django.db.models import Q

from accounts.models import Notification, User
from chat.models import Message
from listings.models import Favourite, Listing
from marketplace.sync.tests.copies import Copy

Held = dict[str, dict[str, Any]]


class Unanswered(Exception):
    pass


class Reply:
    def __init__(self, reply: httpx.Response) -> None:
        self.status_code, self.content, self.json = reply.status_code, reply.content, reply.json


class Door:
    """A client as copies want it. What is not answered is asked again, with the same words."""

    def __init__(self, address: Callable[[], str], token: str | None) -> None:
        self._address = address
        self._client = httpx.Client(timeout=10, headers={"Authorization": f"Bearer {token}"} if token else {})

    def get(self, path: str, query: dict[str, Any]) -> Reply:
        try:
            reply = self._client.get(self._address() + path, params=query)
        except httpx.HTTPError as error:
            raise Unanswered from error
        if reply.status_code in (429, 500, 503):
            raise Unanswered
        return Reply(reply)


class Reader(threading.Thread):
    def __init__(self, name: str, door: Door, person: User | None, *, limit: int, way: str) -> None:
        super().__init__(name=name, daemon=True)
        self.copy = Copy(door, limit=limit)  # type: ignore[arg-type]
        self.person, self._way = person, way
        self.passes = self.pages = self.unanswered = 0
        self.failure = ""
        self._since: str | None = None
        self._writing_ended = threading.Event()

    def end(self) -> None:
        """What is left is taken in large pages: nothing moves any more."""
        self.copy.limit = 500
        self._writing_ended.set()

    def run(self) -> None:
        try:
            while not self._writing_ended.is_set():
                self._pass()
                time.sleep(0.05)
            for _ in range(2):
                self._pass()
        except Exception as error:  # told at the end, with the others
            self.failure = repr(error)[:300]

    def _pass(self) -> None:
        began = {"since": self._since} if self._asks_by_time and self._since else {}
        while True:
            try:
                answer = self.copy.page(**began)
            except Unanswered:
                self.unanswered += 1
                time.sleep(0.1)
                continue
            began = {}
            self.pages += 1
            self.copy.answers.clear()
            if not answer["has_more"]:
                break
        self._since = answer["server_time"]
        self.passes += 1

    @property
    def _asks_by_time(self) -> bool:
        return self._way == "since" or (self._way == "alternating" and self.passes % 2 == 1)

    def missed(self) -> list[str]:
        """Things that are not held as they are: missing, too many, or of yesterday."""
        held, there = _essence(self.copy), truth(self.person)
        keys = {(name, key) for name in there for key in {*held[name], *there[name]}}
        return [f"{name} {key}" for name, key in sorted(keys) if held[name].get(key) != there[name].get(key)]


def _essence(copy: Copy) -> Held:
    items = copy.items
    return {
        "listings": {key: each["price_cents"] for key, each in items.get("listings", {}).items()},
        "notifications": {
            key: (each["title"], each["read_at"] is not None) for key, each in items.get("notifications", {}).items()
        },
        "messages": {key: each["content"] for key, each in items.get("messages", {}).items()},
        "favourites": dict.fromkeys(items.get("favourites", {}), True),
    }


def truth(person: User | None) -> Held:
    """From the tables themselves: no stamp is asked."""
    public = Q(removed_at=None, hidden_at=None, state__in=("live", "sold"), seller_is_active=True)
    seen = public if person is None else public | Q(seller=person, removed_at=None)
    shown: Held = {
        "listings": {str(key): cents for key, cents in Listing.objects.filter(seen).values_list("pk", "price_cents")}
    }
    told = (
        Notification.objects.filter(user=person, in_app=True, replaced_at=None)
        if person
        else Notification.objects.none()
    )
    said = (
        Message.objects.filter(room__members__user=person, room__members__state="active")
        if person
        else Message.objects.none()
    )
    liked = Favourite.objects.filter(user=person) if person else Favourite.objects.none()
    return {
        **shown,
        "notifications": {
            str(key): (title, at is not None) for key, title, at in told.values_list("pk", "title", "read_at")
        },
        "messages": {str(key): body for key, body in said.values_list("pk", "body")},
        "favourites": {str(key): True for key in liked.values_list("listing_id", flat=True)},
    }
