"""The way into a room, on `/api/ws/{room_id}`."""

from __future__ import annotations

from chat.models import Room
from marketplace.contracts.tests.clients import Ear

LOGIN = "/api/users/login"


def path(room: Room) -> str:
    return f"/api/ws/{room.number}"


async def come_in(ear: Ear) -> Ear:
    await ear.until("users_online")
    return ear
