"""`/api/ws/{number}`: IzpoChat's frames, spoken and heard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.urls import re_path
from redis.exceptions import RedisError

from accounts.models import User
from chat.consumers import OneRoomConsumer
from chat.frames import Frame, Shown, stamp
from chat.models.message import LONGEST_TEXT
from chat.realtime.commands import Command, Ping, Say, Typing
from chat.realtime.dialects import OneRoom
from chat.realtime.errors import UnknownType
from chat.realtime.packets import Packet
from chat.realtime.product_commands import LARGEST_SEQ, misfit, text
from chat.services import access, numbered
from chat.services.access import Standing
from marketplace.contracts.izpochat.sharing import unfolded


class IzpoChat(OneRoom):
    def command(self, said: dict[str, Any], home: UUID | None) -> Command:
        assert home is not None, "its address is a room's"
        match said.get("type", "message"):
            case "message":
                return _spoken(said, home)
            case "typing":
                return Typing(home, said.get("typing") is True, comes_in=True)
            case "ping":
                return Ping()
        raise UnknownType

    def event(self, frame: Frame) -> str | None:
        facts = orjson.loads(frame.numbers)
        shown = _message(facts) if frame.type == "message.created" else _passing(frame.type, facts)
        return None if shown is None else orjson.dumps(shown).decode()

    def shown(self, shown: Shown) -> str | None:
        if shown["type"] != "error":
            return None
        return orjson.dumps({"type": "error", "message": shown["detail"], "code": shown["code"]}).decode()


def _spoken(said: dict[str, Any], home: UUID) -> Say:
    content = "" if said.get("content") is None else text(said, "content", LONGEST_TEXT)
    number = said.get("file_id")
    if number is not None and (type(number) is not int or not 0 <= number <= LARGEST_SEQ):
        raise misfit("file_id", "the number of a file, or null")
    if number is None:
        content, number = unfolded(content)
    return Say(home, content, files=() if number is None else (number,), comes_in=True)


def _message(facts: Shown) -> Shown | None:
    said = facts["message"]
    if said["text"] is None or said["sender"] is None:  # taken back meanwhile, or the product's own word
        return None
    file = said["file"]
    shown = {
        "type": "message",
        "id": said["id"],
        "content": (said["content"] if file else said["text"]) or "",
        "room_id": facts["room"],
        "sender": _person(said["sender"]),
        "file_id": file["id"] if file else None,
        "timestamp": said["at"],
    }
    return {**shown, "file": file} if file else shown


def _passing(kind: str, facts: Shown) -> Shown | None:
    user = facts.get("user")
    if kind not in ("typing", "user_joined", "user_left") or not user:
        return None
    shown = {"type": kind, "user_id": user["id"], "timestamp": _now()}
    return {**shown, "username": user["username"], "typing": facts["is_typing"]} if kind == "typing" else shown


def _person(user: Shown) -> Shown:
    return {"id": user["id"], "username": user["username"], "full_name": user["name"]}


def _now() -> str | None:
    return stamp(datetime.now(UTC))


class IzpoChatConsumer(OneRoomConsumer):
    dialect = IzpoChat()

    def place_of(self, person: User) -> Standing:
        room = numbered.group(person, self.number)
        self.name = room.name
        return access.standing(person.pk, room.pk)

    async def admitted(self) -> None:
        me = self.socket.person.number
        self._tell("welcome", message=f"Te damos la bienvenida a {self.name}", room_id=self.number, user_id=me)
        await super().admitted()
        here = await self._who_is_here()
        here["users"] = sorted({*here["users"], me})
        self._tell("users_online", users=here["users"], count=max(here["count"], len(here["users"])))

    async def _who_is_here(self) -> dict[str, Any]:
        try:
            found = await self.hub.presence.snapshot(self.standing.room_id)
        except (RedisError, OSError):
            return {"users": [], "count": 0}
        return {"users": [user["number"] for user in found.get("users", [])], "count": found["count"]}

    async def obey(self, command: Command) -> None:
        if isinstance(command, Ping):
            self._tell("pong", user_id=self.socket.person.number)
        else:
            await super().obey(command)

    def _tell(self, kind: str, **facts: Any) -> None:
        self.socket.outbox.put(Packet(orjson.dumps({"type": kind, **facts, "timestamp": _now()}).decode()))


sockets = [re_path(r"^api/ws/(?P<number>\d{1,18})/?$", IzpoChatConsumer.as_asgi())]
