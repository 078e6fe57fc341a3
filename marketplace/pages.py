"""The front page and the descriptions of the API and of the socket."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator

from chat.asyncapi.document import document as asyncapi_document
from chat.realtime import limits
from marketplace.common.jsonio import dumps, json_response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A page for people; for programs the banner that the apps know."""
    if "text/html" in request.headers.get("Accept", ""):
        response = render(request, "home.html", {"version": settings.VERSION})
    else:
        response = json_response(
            {
                "name": "Campus Market",
                "version": settings.VERSION,
                "docs": "/docs",
                "health": "/health",
                "api": "/v1",
                "openapi": "/openapi.json",
            }
        )
    patch_vary_headers(response, ["Accept"])
    return response


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it here on pages that name no icon."""
    return HttpResponseRedirect(static("icons/market.svg"))


class Drawn(NamedTuple):
    """A document and its tag, once for the whole process: it can only change with the code and the settings."""

    body: bytes
    etag: str


def _drawn(document: Any) -> Drawn:
    body = dumps(document)
    return Drawn(body, f'"{hashlib.sha256(body).hexdigest()}"')


@cache
def _document() -> Drawn:
    return _drawn(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


@require_safe
@condition(etag_func=lambda _: _document().etag)
def openapi(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse(_document().body, content_type="application/json")


@cache
def _socket_document() -> Drawn:
    return _drawn(asyncapi_document(version=settings.VERSION, base_url=settings.BASE_URL, limits=limits.current()))


@require_safe
@condition(etag_func=lambda _: _socket_document().etag)
def asyncapi(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse(_socket_document().body, content_type="application/json")
