"""The frames that the socket says, by their `type`."""

from __future__ import annotations

from typing import Any

from chat.asyncapi.shapes import (
    ANYTHING,
    COUNT,
    FLAG,
    SEQ,
    TEXT,
    TIME,
    UUID,
    Schema,
    by_key,
    of,
    one_of,
    or_null,
    ref,
    shape,
    some,
)
from chat.models import Event
from chat.realtime.limits import Limits
from chat.serializers.messages import MessageOut, SpeakerOut

_MEMBER = {"user_id": UUID}
_REACTION = {"emoji": TEXT, "user_id": UUID}
_MESSAGE = {"message": ref("Message")}
OF_THE_LOG: dict[str, tuple[str, dict[str, Schema]]] = {
    Event.Type.CREATED: ("Somebody, or the product, said something", _MESSAGE),
    Event.Type.EDITED: ("It reads differently now", {}),
    Event.Type.DELETED: ("It was taken back and says nothing any more", {}),
    Event.Type.HIDDEN: ("Moderators have hidden it", {}),
    Event.Type.REACTED: ("Somebody reacts to a message", _REACTION),
    Event.Type.UNREACTED: ("Somebody takes a reaction back", _REACTION),
    Event.Type.ATTACHED: ("A file of a message was looked at", {"upload_id": UUID}),
    Event.Type.JOINED: ("Somebody has come", {**_MEMBER, "role": TEXT}),
    Event.Type.LEFT: ("Somebody has gone", _MEMBER),
    Event.Type.REMOVED: ("Somebody was removed", _MEMBER),
    Event.Type.CHANGED: ("Somebody has another role", {**_MEMBER, "role": TEXT}),
    Event.Type.ROOM: ("The room itself has changed", {"changed": ANYTHING}),
}


# Without the message for who came after it was said
ABOUT_WHAT_WAS_SAID = (
    *(Event.Type.EDITED, Event.Type.DELETED, Event.Type.HIDDEN),
    *(Event.Type.REACTED, Event.Type.UNREACTED, Event.Type.ATTACHED),
)


def _event(name: str, facts: dict[str, Schema]) -> Schema:
    sometimes = _MESSAGE if name in ABOUT_WHAT_WAS_SAID else None
    return shape(room=UUID, seq=SEQ, actor_id=or_null(UUID), at=TIME, may=sometimes, **facts)


def _limits() -> Schema:
    return shape(frame_bytes=COUNT, frames_per_second=COUNT, rooms=COUNT, events=COUNT)


def frames(limits: Limits) -> dict[str, tuple[str, Schema]]:
    return {
        **{str(name): (about, _event(name, facts)) for name, (about, facts) in OF_THE_LOG.items()},
        **_of_the_connection(),
        **_of_the_subscription(limits),
        **_answers(),
        **_passing(),
        **_of_oneself(),
    }


def _of_the_connection() -> dict[str, tuple[str, Schema]]:
    back = shape(min=COUNT, max=COUNT, jitter=one_of("full"))
    welcome = {"protocol": {"const": 1}, "user": ref("Person"), "token_exp": COUNT, "heartbeat": COUNT}
    error = shape(code=TEXT, detail=TEXT, may={"client_id": TEXT, "room": TEXT, "field": TEXT, "retry_after": COUNT})
    return {
        "welcome": ("The first frame", shape(reconnect=back, limits=_limits(), **welcome)),
        "token_expiring": ("Send `auth.refresh`, or 4401 comes", shape(expires_in=COUNT)),
        "auth.refreshed": ("The later token is taken", shape(token_exp=COUNT)),
        "server_restart": ("1012 follows: come back after that time", shape(retry_after_ms=COUNT)),
        "error": ("Something is refused; the socket lives unless it is closed", error),
    }


def _of_the_subscription(limits: Limits) -> dict[str, tuple[str, Schema]]:
    event: Schema = {"oneOf": [ref(f"said.{name}") for name in OF_THE_LOG]}
    why = one_of("too_far", "ahead", "epoch", "gap")
    end = one_of("asked", "left", "removed", "private")
    return {
        "subscribed": ("Here you are", shape(room=UUID, epoch=UUID, last_seq=SEQ, resumed=FLAG)),
        "events": ("What was missed", shape(room=UUID, events=some(event, limits.batch_frames))),
        "resync": (
            "What you hold and what comes do not join: read pages over HTTP",
            shape(room=UUID, reason=why, last_seq=SEQ, epoch=or_null(UUID)),
        ),
        "unsubscribed": ("Nothing more of this room", shape(room=UUID, reason=end, last_seq=or_null(SEQ))),
    }


def _answers() -> dict[str, tuple[str, Schema]]:
    ack = {"client_id": TEXT, "id": UUID, "number": COUNT, "room": UUID, "seq": SEQ}
    return {
        "ack": ("The message is committed", shape(duplicate=FLAG, created_at=TIME, **ack)),
        "marked": ("Where one's mark stands", shape(room=UUID, seq=SEQ)),
        "marked_delivered": ("Where one's other mark stands", shape(room=UUID, seq=SEQ)),
        "pong": ("How far the logs of the rooms go", shape(rooms=by_key(or_null(SEQ)))),
    }


def _passing() -> dict[str, tuple[str, Schema]]:
    """A socket that lags goes without them."""
    mark = shape(room=UUID, user_id=UUID, seq=SEQ)
    return {
        "typing": ("Somebody writes; forget it after 6 seconds", shape(room=UUID, user=ref("Person"), is_typing=FLAG)),
        "read": ("How far somebody has read", mark),
        "delivered": ("How far it has reached somebody", mark),
        "user_joined": ("Somebody is here", shape(room=UUID, user=ref("Person"), v=COUNT)),
        "user_left": ("Somebody is not here any more", shape(room=UUID, user_id=UUID, v=COUNT)),
        "users_online": (
            "Who is here; in a crowd only how many",
            shape(room=UUID, v=COUNT, count=COUNT, may={"users": some(ref("Person"))}),
        ),
    }


def _of_oneself() -> dict[str, tuple[str, Schema]]:
    note = shape(id=UUID, kind=TEXT, title=TEXT, body=TEXT, data=ANYTHING)
    return {
        "notification": ("Something to be told", shape(notification=note)),
        "unread": ("How many wait in a room", shape(room=UUID, count=COUNT)),
        "room.activity": ("Something was said in a room that may not be open here", shape(room=UUID, seq=SEQ)),
        "order.changed": ("Read this order again", shape(order_id=UUID, status=TEXT, version=COUNT)),
    }


def parts() -> dict[str, Any]:
    return {"Message": of(MessageOut()), "Person": of(SpeakerOut())}
