"""Every address of the product, for tests that must not forget one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")


def api_routes(*, of: str = "", but_not: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Each path under /v1 as it is written in the URL list, with the methods it knows; of one app, or of all others."""
    for route, view in _walk(get_resolver().url_patterns, "/"):
        module = view.cls.__module__ if route.startswith("/v1/") else ""
        if module.startswith(of) and module and not module.startswith(but_not):
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


@contextmanager
def undone() -> Iterator[None]:
    """What is done in here has not happened afterwards: many callers may try the same on the same things.

    A savepoint and no block of its own, since some doors refuse to work inside one.
    """
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)
