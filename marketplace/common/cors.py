"""Which other sites' pages may ask: django-cors-headers, with a short way for whoever is no page at all."""

from __future__ import annotations

from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers


class Cors(CorsMiddleware):
    def add_response_headers(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """A phone names no origin: it gets what its reply would have, without all its headers being read for it."""
        if "HTTP_ORIGIN" in request.META:
            return super().add_response_headers(request, response)
        is_enabled: Any = getattr(request, "_cors_enabled", None)
        if self.is_enabled(request) if is_enabled is None else is_enabled:
            patch_vary_headers(response, ("origin",))
        return response
