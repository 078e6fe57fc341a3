"""Every address of the product, for tests that must not forget one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")


def api_routes() -> Iterator[tuple[str, list[str]]]:
    """Each path under /v1 as it is written in the URL list, with the methods it knows."""
    for route, view in _walk(get_resolver().url_patterns, "/"):
        if route.startswith("/v1/"):
            actions = getattr(view, "actions", None)  # a viewset says itself which of its methods stand here
            yield route, [method for method in METHODS if (method in actions if actions else hasattr(view.cls, method))]


def api_doors() -> Iterator[tuple[str, Any]]:
    """The same paths with the class that answers."""
    for route, view in _walk(get_resolver().url_patterns, "/"):
        if route.startswith("/v1/"):
            yield route, view.cls


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback
