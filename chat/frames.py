"""What a room says, as bytes: made once when it happens, and in the same words when it is read again.

A frame holds two texts. `text` is what `/v1` sends, in UUIDs. `numbers` is the same for the foreign dialects, which
speak in numbers and choose from it what they show.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from chat.models import Event, Message, Room, Upload
from chat.models.file import PREVIEW_PIXELS

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    room_id: UUID
    seq: int
    type: str
    text: bytes
    numbers: bytes


def stamp(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def person(user: Any) -> Shown | None:
    """What others see of somebody."""
    if user is None:
        return None
    return {"id": str(user.pk), "username": user.username, "name": user.display_name, "picture": user.picture or None}


def message(said: Message) -> Shown:
    """As `/v1` shows it. What was taken back or hidden says nothing, and keeps its place."""
    speaks = said.deleted_at is None and said.hidden_at is None
    return {
        "id": str(said.pk),
        "chat_id": str(said.room_id),
        "seq": said.seq,
        "sender_id": None if said.sender_id is None else str(said.sender_id),
        "sender": person(said.sender),
        "message_type": said.kind,
        "content": said.body if speaks else None,
        "facts": said.data if speaks else None,
        "client_id": said.client_id,
        "reply_to_seq": said.reply_to_seq,
        "hints": list(said.hints) if speaks else [],
        "mentions": [str(each.user_id) for each in _rows(said, "mentions")] if speaks else [],
        "reactions": _reactions(_rows(said, "reactions")) if speaks else [],
        "attachments": [file(each.upload) for each in _rows(said, "attachments")] if speaks else [],
        "edited_at": stamp(said.edited_at),
        "deleted_at": stamp(said.deleted_at),
        "is_hidden": said.hidden_at is not None,
        "created_at": stamp(said.created_at),
    }


def _rows(said: Message, name: str) -> Iterable[Any]:
    """What was fetched with the message is taken as it is: to ask Django for it takes longer than all the rest."""
    fetched: dict[str, Iterable[Any]] = getattr(said, "_prefetched_objects_cache", {})
    return fetched[name] if name in fetched else getattr(said, name).all()


def file(upload: Upload) -> Shown:
    """The addresses are of our API, which asks each time who wants to see it."""
    address = None if upload.state == Upload.State.REFUSED else f"/v1/uploads/{upload.pk}/download"
    return {
        "id": str(upload.pk),
        "name": upload.name,
        "content_type": upload.content_type,
        "size_bytes": upload.size_bytes,
        "width": upload.width,
        "height": upload.height,
        "state": str(upload.state),
        "url": address,
        "thumbnail_url": f"{address}?size={PREVIEW_PIXELS}" if upload.has_preview else None,
    }


def _reactions(rows: Iterable[Any]) -> list[Shown]:
    by_emoji: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row.pk):
        by_emoji.setdefault(row.emoji, []).append(str(row.user_id))
    return [{"emoji": emoji, "user_ids": people} for emoji, people in by_emoji.items()]


def frame(room: Room, event: Event) -> Frame:
    """`event` with its `actor`, and its `message` as it is now."""
    return told(
        room.pk,
        room.number,
        seq=event.seq,
        type=event.type,
        at=event.created_at,
        actor=event.actor,
        said=event.message,
        payload=event.payload,
    )


def told(
    room_id: UUID,
    number: int,
    *,
    seq: int,
    type: str,
    at: datetime,
    actor: Any,
    said: Message | None,
    payload: Shown | None = None,
) -> Frame:
    """What happened in a room, whether or not it was ever a row in this process."""
    moment = stamp(at)
    text = {
        "type": type,
        "room": str(room_id),
        "seq": seq,
        "actor_id": None if actor is None else str(actor.pk),
        "at": moment,
        **({} if said is None else {"message": message(said)}),
        **(payload or {}),
    }
    numbers = {
        "type": type,
        "room": number,
        "seq": seq,
        "at": moment,
        "actor": None if actor is None else numbered_person(actor),
        "message": None if said is None else _numbered_message(said),
    }
    return Frame(room_id, seq, type, orjson.dumps(text), orjson.dumps(numbers))


def place_of_message(frame: Frame) -> int:
    """Of the message that it shows, if that was there before; else 0."""
    if frame.type == Event.Type.CREATED or b'"message":{' not in frame.text:
        return 0
    said = orjson.loads(frame.text).get("message")
    return int(said["seq"]) if said else 0


def without_message(frame: Frame) -> Frame:
    """For who came later: that something happened to what was said before their time, and not what was said."""
    text, numbers = orjson.loads(frame.text), orjson.loads(frame.numbers)
    del text["message"]
    return replace(frame, text=orjson.dumps(text), numbers=orjson.dumps({**numbers, "message": None}))


def seen_from(frame: Frame, first_seq: int) -> Frame:
    """By somebody who may see what has a higher number than this."""
    return without_message(frame) if first_seq and 0 < place_of_message(frame) <= first_seq else frame


def numbered_person(user: Any) -> Shown:
    return {"id": user.number, "username": user.username, "name": user.display_name}


def plain_text(said: Message) -> str | None:
    """For clients that know no files and no places: of a message without words, what they are called."""
    if said.body:
        return said.body
    names = ", ".join(each.upload.name for each in _rows(said, "attachments"))
    place = said.data if said.kind == Message.Kind.LOCATION and said.data else None
    return names or (f"{place['latitude']}, {place['longitude']}" if place else None)


def _numbered_message(said: Message) -> Shown:
    """`text` is the plain one."""
    speaks = said.deleted_at is None and said.hidden_at is None
    files = [numbered_file(each.upload) for each in _rows(said, "attachments")] if speaks else []
    content = said.body if speaks else None
    return {
        "id": said.number,
        "kind": said.kind,
        "content": content,
        "text": plain_text(said) if speaks else None,
        "sender": None if said.sender is None else numbered_person(said.sender),
        "file": files[0] if files else None,
        "files": files,
        "at": stamp(said.created_at),
    }


def numbered_file(upload: Upload) -> Shown:
    """`public_url` is a path of ours as well: each dialect knows where it serves files, and to whom."""
    is_refused = upload.state == Upload.State.REFUSED
    return {
        "id": upload.number,
        "original_filename": upload.name,
        "content_type": upload.content_type,
        "file_size": upload.size_bytes,
        "public_url": None if is_refused else f"/api/uploads/{upload.number}/download",
    }
