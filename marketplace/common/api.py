"""The base of every JSON door."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace.common.errors import Unauthenticated


class CountsFirst(APIView):
    """Counts a request against its limit whether or not its token was good, and before any permission is asked.

    For a viewset: `class Listings(CountsFirst, ModelViewSet)`.
    """

    rate_scope: str = "default"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = self.get_format_suffix(**kwargs)
        negotiated = self.perform_content_negotiation(request)
        request.accepted_renderer, request.accepted_media_type = negotiated
        request.version, request.versioning_scheme = self.determine_version(request, *args, **kwargs)
        try:
            self.perform_authentication(request)
        except Unauthenticated:
            request.user = AnonymousUser()  # counted by address: a new bad token is not a new caller
            self.check_throttles(request)
            raise
        self.check_throttles(request)
        self.check_permissions(request)


class Door(CountsFirst):
    """A door that is one class per address."""
