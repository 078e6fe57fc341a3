"""`/ws/chats/{chat_id}`: one chat for each socket. Its page opens one for each message, says it and hangs up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from accounts.models import User
from chat.consumers import OneRoomConsumer
from chat.frames import Frame, Shown
from chat.models import Event, Room
from chat.models.message import LONGEST_TEXT
from chat.realtime.commands import Command, Say
from chat.realtime.dialects import OneRoom
from chat.realtime.errors import BadFrame
from chat.services import access
from chat.services.access import Standing
from chat.services.errors import ChatNotFound
from marketplace.common.jsonio import dumps
from marketplace.contracts.polimarket.showing import OURSELVES
from marketplace.contracts.polimarket.words import WORDS


class PoliMarket(OneRoom):
    def command(self, said: dict[str, Any], home: UUID | None) -> Command:
        text = said.get("text")
        if home is None or not isinstance(text, str) or not text or len(text) > LONGEST_TEXT:
            raise BadFrame
        return Say(home, text)

    def event(self, frame: Frame) -> str | None:
        if frame.type != Event.Type.CREATED:
            return None
        happened = orjson.loads(frame.numbers)
        said, author = happened["message"], happened["message"]["sender"]
        shown = {
            "id": said["id"],
            "chat_id": happened["room"],
            "author_id": author["id"] if author else None,
            "author_name": author["name"] if author else OURSELVES,
            "text": said["text"] or "",
            "created_at": said["at"],
        }
        return dumps(shown).decode()

    def shown(self, shown: Shown) -> str | None:
        """Only what went wrong: its echo is what tells a sender that it was heard."""
        if shown["type"] != "error":
            return None
        detail = WORDS.get(str(shown.get("code")), shown["detail"])
        return dumps({"type": "error", "detail": detail}).decode()


class PoliMarketConsumer(OneRoomConsumer):
    dialect = PoliMarket()
    rate_scope = "socket_person_brief"

    def place_of(self, person: User) -> Standing:
        room = Room.objects.talks_of(person).filter(number=self.number).first()
        if room is None:
            raise ChatNotFound
        return access.standing(person.pk, room.pk)
