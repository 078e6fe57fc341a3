"""Programs do not take the road of pages: no session, no cookie, no form to protect, no file among the assets.

`PAGE_MIDDLEWARE` stands around every address but those under `PROGRAM_PREFIXES`. What is not named there gets all of
it, so that an address nobody thought of is protected too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class PagesOnly:
    def __init__(self, get_response: GetResponse) -> None:
        self._programs = tuple(settings.PROGRAM_PREFIXES)
        self._for_programs = _safe(ForPrograms(get_response))
        self._before_views: list[Callable[..., Any]] = []
        self._for_pages = self._composed(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(self._programs):
            return self._for_programs(request)
        return self._for_pages(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponseBase | None:
        if request.path_info.startswith(self._programs):
            return None
        answers = (ask(request, *view) for ask in self._before_views)
        return next((answer for answer in answers if answer is not None), None)

    def _composed(self, innermost: GetResponse) -> GetResponse:
        """As Django puts `MIDDLEWARE` together: the first one in the list is the outermost."""
        road = _safe(innermost)
        for name in reversed(settings.PAGE_MIDDLEWARE):
            layer = import_string(name)(road)
            if hasattr(layer, "process_view"):
                self._before_views.insert(0, layer.process_view)
            road = _safe(layer)
        return road


def _safe(layer: GetResponse) -> GetResponse:
    """What it raises becomes a reply."""
    return cast(GetResponse, convert_exception_to_response(layer))


class ForPrograms:
    """The little that a program needs of it: a host that is ours, its language, a length."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.get_host()  # a foreign name is a 400
        language = translation.get_language_from_request(request)
        translation.activate(language)
        response = self._get_response(request)
        headers = response.headers
        headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        if isinstance(response, HttpResponse) and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(response.content))
        return response
