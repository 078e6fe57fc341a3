"""`/ws/chat/{number}`: three kinds of frame. Whatever looks like a message to the Swift client is shown as one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.urls import re_path

from accounts.models import User
from chat.consumers import OneRoomConsumer
from chat.frames import Frame, Shown
from chat.models.message import LONGEST_TEXT
from chat.realtime.commands import Command, Say, Typing
from chat.realtime.dialects import OneRoom
from chat.realtime.errors import UnknownType
from chat.realtime.product_commands import text
from chat.services import entering, numbered
from chat.services.access import Standing
from marketplace.contracts.chat_starter.times import stamp


class ChatStarter(OneRoom):
    def command(self, said: dict[str, Any], home: UUID | None) -> Command:
        assert home is not None, "its address is a room's"
        match said.get("type"):
            case "message":
                return Say(home, text(said, "content", LONGEST_TEXT))
            case "typing":
                return Typing(home, is_typing=True)
        raise UnknownType

    def event(self, frame: Frame) -> str | None:
        facts = orjson.loads(frame.numbers)
        shown: Shown | None = None
        if frame.type == "message.created":
            shown = _message(facts)
        elif frame.type == "typing" and facts["is_typing"]:
            shown = {"type": "typing", "room_id": facts["room"], "sender": facts["user"]["username"]}
        return None if shown is None else orjson.dumps(shown).decode()

    def shown(self, shown: Shown) -> str | None:
        if shown["type"] != "error":
            return None
        return orjson.dumps({"type": "error", "detail": shown["detail"], "code": shown["code"]}).decode()


def _message(facts: Shown) -> Shown | None:
    said = facts["message"]
    if said["text"] is None or said["sender"] is None:  # taken back meanwhile, or the product's own word
        return None
    return {
        "type": "message",
        "room_id": facts["room"],
        "sender": said["sender"]["username"],
        "message": said["text"],
        "timestamp": stamp(datetime.fromisoformat(said["at"])),
    }


class ChatStarterConsumer(OneRoomConsumer):
    """This family has no other way to join a room."""

    dialect = ChatStarter()

    def place_of(self, person: User) -> Standing:
        return entering.enter(person, numbered.group(person, self.number).pk)


sockets = [re_path(r"^ws/chat/(?P<number>\d{1,18})/?$", ChatStarterConsumer.as_asgi())]
