"""Words from process to process: somebody is signed out, somebody has another name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import orjson

from accounts.models import Session
from chat.frames import Shown
from chat.realtime import asking
from chat.realtime.errors import AccountDisabled, SessionEnded
from chat.realtime.threads import in_thread

if TYPE_CHECKING:
    from chat.realtime.hub import Hub


def opened(raw: bytes) -> Shown:
    shown: Shown = orjson.loads(raw)
    return shown


def heard(hub: Hub, raw: bytes) -> None:
    word = opened(raw)
    sockets = list(hub.people.get(UUID(word["user_id"]), ())) if "user_id" in word else []
    if not sockets:
        return
    match word["type"]:
        case "session.ended":
            ended = set(word["session_ids"])
            error = AccountDisabled if word.get("by") == Session.Ended.DISABLED else SessionEnded
            hub.refuse_all([each for each in sockets if str(each.claims.session_id) in ended], error)
        case "person.disabled":
            hub.refuse_all(sockets, AccountDisabled)
        case "person.changed":
            asyncio.get_running_loop().create_task(_learn_anew(hub, UUID(word["user_id"])))
        case "standing.changed":
            asyncio.get_running_loop().create_task(hub.look_at_sessions())


async def _learn_anew(hub: Hub, user_id: UUID) -> None:
    person = await in_thread(asking.person_now, user_id)
    if person is not None:
        for socket in hub.people.get(user_id, ()):
            socket.person = person
