"""JSON in and out. What breaks parsers elsewhere is refused here, once, as a 422."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from marketplace.common.errors import InvalidInput

MAX_DEPTH = 64
JSON_TYPES = ("", "application/json", "text/json", "text/plain")


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=_fallback, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _fallback(value: Any) -> Any:
    """Lazy texts, decimals and the like say what they are through `str`."""
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def loads(raw: bytes) -> Any:
    """Strict JSON: UTF-8, finite numbers, no lone surrogates (orjson), no NUL, no deep nesting (here)."""
    try:
        value = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise InvalidInput.one(["body"], "JSON decode error", type="json_invalid") from error
    _refuse_traps(value)
    return value


def _refuse_traps(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise InvalidInput.one(["body"], f"JSON is nested deeper than {MAX_DEPTH} levels", type="json_invalid")


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        for key in node:
            _refuse_nul(key)
        return list(node.values())
    if isinstance(node, list):
        return node
    if isinstance(node, str):
        _refuse_nul(node)
    return []


def _refuse_nul(text: str) -> None:
    if "\x00" in text:  # PostgreSQL stores no NUL, neither in text nor in jsonb
        raise InvalidInput.one(["body"], "Text may not contain NUL", type="value_error")


class StrictJSONParser(BaseParser):
    """Reads any body as JSON unless its type says it is something else: sloppy clients omit the header."""

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        self.require_json(media_type)
        # DRF hands over the Django request when it can: its `body` checks the size before it reads
        raw: bytes = getattr(stream, "body", None) or stream.read()
        return loads(raw) if raw.strip() else {}

    def require_json(self, media_type: str | None) -> None:
        base = (media_type or "").split(";")[0].strip().lower()
        if base not in JSON_TYPES and not base.endswith("+json"):
            raise InvalidInput.one(["body"], "Send JSON with Content-Type: application/json", type="json_type")


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data)


class AlwaysJSON(BaseContentNegotiation):
    """Whatever `Accept` says, the answer is JSON: a 406 has never helped a phone."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        content_type = request.content_type or ""
        for parser in parsers:
            if parser.media_type == "*/*" or content_type.startswith(parser.media_type):
                return parser
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON reply outside DRF: error pages, health."""
    response = HttpResponse(dumps(body), status=status, content_type="application/json")
    for name, value in (headers or {}).items():
        response[name] = value
    return response
