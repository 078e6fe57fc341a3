"""AsyncAPI 3: the document. `receive` is what the socket reads, `send` what it says, as that standard has it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from chat.asyncapi import read, said
from chat.asyncapi.shapes import Schema
from chat.realtime import codes
from chat.realtime.limits import Limits
from chat.realtime.outbox import MOST_BYTES, MOST_FRAMES

ABOUT = "One connection per client, for many rooms and the person's own stream. docs/realtime.md tells it in words."


def document(*, version: str, base_url: str, limits: Limits) -> dict[str, Any]:
    heard, told = read.FRAMES, said.frames(limits)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Campus Market: /v1/ws", "version": version, "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {"market": _server(base_url)},
        "channels": {"socket": _channel([*_named("read", heard), *_named("said", told)])},
        "operations": {
            **{f"read.{name}": _reading(name) for name in heard},
            **{f"said.{name}": _operation("send", f"said.{name}") for name in told},
        },
        "components": {
            "messages": {
                **{f"read.{name}": _message("read", name, about) for name, (about, _) in heard.items()},
                **{f"said.{name}": _message("said", name, about) for name, (about, _) in told.items()},
            },
            "schemas": {
                **said.parts(),
                **{f"read.{name}": _typed(name, schema) for name, (_, schema) in heard.items()},
                **{f"said.{name}": _typed(name, schema) for name, (_, schema) in told.items()},
            },
        },
        "x-close-codes": {str(code): {"why": why, "come_back": back} for code, (why, back) in codes.MEANING.items()},
        "x-limits": _limits(limits),
    }


def _server(base_url: str) -> dict[str, Any]:
    parts = urlsplit(base_url)
    return {"host": parts.netloc, "protocol": "wss" if parts.scheme == "https" else "ws"}


def _channel(names: list[str]) -> dict[str, Any]:
    text = {"type": "string"}
    query = {"type": "object", "properties": {"ticket": text, "token": text}}
    return {
        "address": "/v1/ws",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"method": "GET", "query": query}},
    }


def _named(side: str, frames: dict[str, Any]) -> list[str]:
    return [f"{side}.{name}" for name in frames]


def _operation(action: str, name: str) -> dict[str, Any]:
    socket = "#/channels/socket"
    return {"action": action, "channel": {"$ref": socket}, "messages": [{"$ref": f"{socket}/messages/{name}"}]}


def _reading(name: str) -> dict[str, Any]:
    operation = _operation("receive", f"read.{name}")
    answers = [{"$ref": f"#/channels/socket/messages/said.{each}"} for each in read.ANSWERS.get(name, [])]
    if answers:
        operation["reply"] = {"channel": {"$ref": "#/channels/socket"}, "messages": answers}
    return operation


def _message(side: str, name: str, about: str) -> dict[str, Any]:
    return {"name": name, "summary": about, "payload": {"$ref": f"#/components/schemas/{side}.{name}"}}


def _typed(name: str, schema: Schema) -> Schema:
    properties = {"type": {"const": name}, **schema["properties"]}
    return {**schema, "required": ["type", *schema["required"]], "properties": properties}


def _limits(limits: Limits) -> dict[str, Any]:
    return {
        "frame_bytes": limits.text_bytes,
        "frames_per_second": limits.frames_per_second,
        "rooms_per_socket": limits.rooms_per_socket,
        "sockets_per_person": limits.sockets_per_person,
        "sockets_per_address": limits.sockets_per_address,
        "events_of_a_resume": limits.catch_up_frames,
        "sign_in_seconds": limits.sign_in_seconds,
        "waiting_frames": MOST_FRAMES,
        "waiting_bytes": MOST_BYTES,
    }
