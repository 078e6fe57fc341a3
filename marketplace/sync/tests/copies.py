"""A phone: keeps a copy and brings it up to date, as docs/sync.md tells it to."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

CATALOG = ("categories", "brands", "listings")
PRIVATE = ("favourites", "notifications", "orders", "reviews", "chats", "messages")
Items = dict[str, dict[str, Any]]


class Copy:
    def __init__(self, client: APIClient, *, limit: int = 200, path: str = "/v1/sync/delta") -> None:
        self.client, self.limit, self.path = client, limit, path
        self.items: Items = {}
        self.cursor = ""
        self.answers: list[dict[str, Any]] = []

    def pull(self, **instead: str) -> Copy:
        """One pass, over as many pages as it takes."""
        while True:
            answer = self.page(**instead)
            instead = {}
            if not answer["has_more"]:
                return self

    def page(self, **instead: str) -> dict[str, Any]:
        query: dict[str, Any] = instead or ({"cursor": self.cursor} if self.cursor else {})
        reply = self.client.get(self.path, {"limit": self.limit, **query})
        assert reply.status_code == 200, reply.content
        answer: dict[str, Any] = reply.json()
        self.apply(answer)
        return answer

    def apply(self, answer: dict[str, Any]) -> None:
        self.answers.append(answer)
        if answer["reset"]:
            self.items = {}
        for name, keys in answer["deleted"].items():
            for key in keys:
                self.items.get(name, {}).pop(key, None)
                if name == "chats":
                    self._forget_messages_of(key)
        for name in (*CATALOG, *PRIVATE):
            for item in answer.get(name, []):
                self.items.setdefault(name, {})[item["id"]] = item
        self.cursor = answer["cursor"]

    def _forget_messages_of(self, chat: str) -> None:
        said = self.items.get("messages", {})
        self.items["messages"] = {key: each for key, each in said.items() if each["chat_id"] != chat}

    def shown(self, name: str) -> dict[str, Any]:
        """Without what only orders the answers."""
        items = self.items.get(name, {})
        return {key: {word: value for word, value in item.items() if word != "version"} for key, item in items.items()}

    @property
    def everything(self) -> dict[str, Any]:
        return {name: self.shown(name) for name in (*CATALOG, *PRIVATE)}

    @property
    def told(self) -> dict[str, set[str]]:
        """Of the last answer: what it names, as it is and as deleted."""
        last = self.answers[-1]
        named = {name: {item["id"] for item in last.get(name, [])} for name in (*CATALOG, *PRIVATE)}
        return {**named, **{f"deleted {name}": set(keys) for name, keys in last["deleted"].items()}}

    def is_told(self, kind: str, key: Any) -> bool:
        return str(key) in self.told.get(kind, set())


def anew(copy: Copy) -> dict[str, Any]:
    """What somebody gets who begins now."""
    return Copy(copy.client, limit=1_000, path=copy.path).pull().everything
