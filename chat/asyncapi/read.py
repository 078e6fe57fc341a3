"""The frames that a client sends, by their `type`. The readers are in `chat.realtime.product_commands`."""

from __future__ import annotations

from chat.asyncapi.shapes import FLAG, SEQ, UUID, Schema, one_of, or_null, shape, some, text
from chat.models.message import LONGEST_TEXT
from chat.realtime.product_commands import LARGEST_SEQ, LONGEST_CLIENT_ID, MOST_ROOMS, SAYABLE

_PLACE = shape(
    latitude={"type": "number", "minimum": -90, "maximum": 90},
    longitude={"type": "number", "minimum": -180, "maximum": 180},
)
_WISH = shape(room=UUID, may={"since": or_null(SEQ), "epoch": or_null(text(64))})
_SIGN_IN = shape(token=text(8_192, 1))

FRAMES: dict[str, tuple[str, Schema]] = {
    "auth": ("The first frame of who showed nothing in the handshake", _SIGN_IN),
    "auth.refresh": ("A later token of the same person: everything goes on", _SIGN_IN),
    "subscribe": ("Follow a room, from a number on; without one from the last events on", _WISH),
    "resume": ("The same for many rooms at once", shape(rooms=some(_WISH, MOST_ROOMS))),
    "unsubscribe": ("Nothing more of this room", shape(room=UUID)),
    "send": (
        "Say something. Sent again with the same `client_id`, it is the same message",
        shape(
            room=UUID,
            client_id=text(LONGEST_CLIENT_ID, 1),
            may={
                "content": or_null(text(LONGEST_TEXT)),
                "message_type": or_null(one_of(*SAYABLE)),
                "reply_to_seq": or_null({"type": "integer", "minimum": 1, "maximum": LARGEST_SEQ}),
                "data": or_null(_PLACE),
            },
        ),
    ),
    "typing": ("Somebody writes: to be repeated", shape(room=UUID, may={"is_typing": FLAG})),
    "read": ("Everything up to this number was read", shape(room=UUID, seq=SEQ)),
    "delivered": ("Everything up to this number has arrived", shape(room=UUID, seq=SEQ)),
    "users_online": ("Who is here?", shape(room=UUID)),
    "ping": ("Are you there?", shape()),
}
ANSWERS = {
    "auth": ["welcome"],
    "auth.refresh": ["auth.refreshed"],
    "subscribe": ["subscribed", "events", "resync"],
    "resume": ["subscribed", "events", "resync"],
    "unsubscribe": ["unsubscribed"],
    "send": ["ack"],
    "read": ["marked"],
    "delivered": ["marked_delivered"],
    "users_online": ["users_online"],
    "ping": ["pong"],
}
