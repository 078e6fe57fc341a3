"""What happens when a socket asks for something."""

from __future__ import annotations

import time
from uuid import UUID

from redis.exceptions import RedisError

from chat import frames
from chat.frames import Shown
from chat.models import Room
from chat.realtime import admission, commands
from chat.realtime.errors import NotFollowing, Refused
from chat.realtime.following import follow
from chat.realtime.marking import mark
from chat.realtime.outcomes import shown_error
from chat.realtime.seats import Seat
from chat.realtime.socket import Socket
from chat.realtime.threads import in_thread
from marketplace.common.errors import DomainError, Unavailable


async def act(socket: Socket, command: commands.Command) -> None:
    match command:
        case commands.Say():
            await _say(socket, command)
        case commands.Mark():
            await mark(socket, command)
        case commands.Typing():
            await _typing(socket, command)
        case commands.Ping():
            socket.show(_pong(socket))
        case commands.Follow():
            await follow(socket, command)
        case commands.FollowMany():
            await _follow_many(socket, command)
        case commands.Unfollow():
            _unfollow(socket, command.room_id)
        case commands.WhoIsOnline():
            await _who_is_online(socket, command.room_id)
        case commands.SignIn():
            await _sign_in_again(socket, command.token)


async def _say(socket: Socket, said: commands.Say) -> None:
    sent = await socket.hub.speaking.say(socket.person, said)
    socket.show(
        {
            "type": "ack",
            "client_id": said.client_id,
            "id": str(sent.message_id),
            "number": sent.number,
            "room": str(sent.room_id),
            "seq": sent.seq,
            "duplicate": sent.is_duplicate,
            "created_at": frames.stamp(sent.created_at),
        }
    )


async def _typing(socket: Socket, typing: commands.Typing) -> None:
    """Said again sooner than that, it is no news; in a crowd it is none at all."""
    seat, limits = _seat(socket, typing.room_id), socket.hub.limits
    now = time.monotonic()
    is_too_soon = typing.is_typing and now - socket.typed_at.get(typing.room_id, 0.0) < limits.typing_seconds
    if is_too_soon or len(seat.room.seats) > limits.typing_most_people or not (typing.comes_in or _may_type(seat)):
        return
    socket.typed_at[typing.room_id] = now if typing.is_typing else 0.0
    shown = {
        "type": "typing",
        "room": str(typing.room_id),
        "user": frames.person(socket.person),
        "is_typing": typing.is_typing,
        "numbers": {
            "room": seat.room.number,
            "user": frames.numbered_person(socket.person),
            "is_typing": typing.is_typing,
        },
    }
    await socket.hub.layer.group_send(f"room.{typing.room_id}", shown)


def _may_type(seat: Seat) -> bool:
    return seat.is_member or seat.kind == Room.Kind.BROADCAST


def _pong(socket: Socket) -> Shown:
    return {"type": "pong", "rooms": {str(key): seat.room.seq for key, seat in socket.seats.items()}}


async def _follow_many(socket: Socket, wishes: commands.FollowMany) -> None:
    """One that fails is told, and the others go on; in trouble of ours all that are left are told, and not tried."""
    trouble: Shown | None = None
    for wish in wishes.rooms:
        shown = trouble
        try:
            socket.must_be_for(wish.room_id)
            if trouble is None:
                await follow(socket, wish)
        except Refused:
            raise
        except DomainError as error:
            shown = shown_error(error)
        except Exception as error:
            shown = trouble = shown_error(error)
        if shown is not None:
            socket.show({**shown, "room": str(wish.room_id)})


def _unfollow(socket: Socket, room_id: UUID) -> None:
    seat = _seat(socket, room_id)
    socket.hub.leave(seat)
    socket.show({"type": "unsubscribed", "room": str(room_id), "reason": "asked", "last_seq": seat.room.seq})


async def _who_is_online(socket: Socket, room_id: UUID) -> None:
    _seat(socket, room_id)
    try:
        socket.show(await socket.hub.presence.snapshot(room_id))
    except (RedisError, OSError) as error:
        raise Unavailable from error


async def _sign_in_again(socket: Socket, token: str) -> None:
    """In place, by the same person: everything that was followed goes on."""
    shown = await in_thread(admission.person_with, admission.Shown(token=token))
    if shown.person.pk != socket.person.pk:
        raise Refused("This token is another person's")
    if not socket.is_closing:
        socket.belongs_to(shown.person, shown.claims)
        socket.show({"type": "auth.refreshed", "token_exp": int(shown.claims.expires_at.timestamp())})


def _seat(socket: Socket, room_id: UUID) -> Seat:
    seat = socket.seats.get(room_id)
    if seat is None:
        raise NotFollowing
    return seat
