"""`/ws/chats/{chat_id}`: one chat for each socket. Its page opens one for each message, says it and hangs up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson

from accounts.models import User
from chat.consumers import SocketConsumer
from chat.frames import Frame, Shown
from chat.models import Event, Room
from chat.models.message import LONGEST_TEXT
from chat.realtime.commands import Command, Follow, Say
from chat.realtime.errors import BadFrame, Refused
from chat.realtime.following import follow
from chat.realtime.threads import in_thread
from marketplace.common.jsonio import dumps
from marketplace.contracts.polimarket.showing import OURSELVES
from marketplace.contracts.polimarket.words import WORDS


class PoliMarket:
    refuses_before_accept = True
    takes_binary = True
    subprotocol: str | None = None

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

    def batches(self, room_id: UUID, frames: Sequence[Frame], most: int, most_bytes: int) -> Iterator[str]:
        return (text for text in map(self.event, frames) if text is not None)

    def shown(self, shown: Shown) -> str | None:
        """Only what went wrong: its echo is what tells a sender that it was heard."""
        if shown["type"] != "error":
            return None
        detail = WORDS.get(str(shown.get("code")), shown["detail"])
        return dumps({"type": "error", "detail": detail}).decode()


class PoliMarketConsumer(SocketConsumer):
    dialect = PoliMarket()
    rate_scope = "socket_person_brief"
    heard_up_to = 0

    async def may_enter(self, person: User) -> None:
        number = int(self.scope["url_route"]["kwargs"]["number"])
        room = await in_thread(Room.objects.talks_of(person).filter(number=number).first)
        if room is None:
            raise Refused
        self.socket.home, self.heard_up_to = room.pk, room.last_seq

    async def admitted(self) -> None:
        """From here on: what was said before is read over HTTP."""
        assert self.socket.home is not None
        await follow(self.socket, Follow(self.socket.home, since=self.heard_up_to))
