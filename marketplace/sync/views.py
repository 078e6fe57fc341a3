"""`/v1/sync/delta` and `/v1/catalog/delta`: what has changed since the last time. `/v1/sync/push`: the other way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import ReaderAuthentication, SignedIn
from marketplace.common.api import Door
from marketplace.sync import clock, delta, shapes, telling
from marketplace.sync.pushing import doing
from marketplace.sync.pushing.shapes import PushBody, PushOut

IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, "header", description="The ETag that is held: 304 if it is good")
EXPIRED = OpenApiResponse({"$ref": "#/components/schemas/Error"}, "`cursor_expired`: drop the copy, begin without one")


class CatalogDelta(Door):
    """As strangers see it, whoever asks: a copy that everybody may share."""

    permission_classes = (AllowAny,)
    rate_scope = "sync"

    @extend_schema(
        parameters=[shapes.DeltaQuery, IF_NONE_MATCH],
        responses={200: shapes.CatalogDeltaOut, 304: None, 410: EXPIRED},
    )
    def get(self, request: Request) -> HttpResponse:
        """Categories, brands and listings."""
        return _answer(request, viewer=None)


class SyncDelta(Door):
    permission_classes = (AllowAny,)
    rate_scope = "sync"

    def get_authenticators(self) -> list[BaseAuthentication]:
        is_described = getattr(self, "swagger_fake_view", False)  # to the schema all tokens are the same
        return super().get_authenticators() if is_described else [ReaderAuthentication()]

    @extend_schema(
        parameters=[shapes.DeltaQuery, IF_NONE_MATCH],
        responses={200: shapes.DeltaOut, 304: None, 410: EXPIRED},
    )
    def get(self, request: Request) -> HttpResponse:
        """The catalog, and for who is signed in all that is theirs. Nothing is ever missed; some things come twice."""
        return _answer(request, viewer=request.user if request.user.is_authenticated else None)


def _answer(request: Request, *, viewer: Any) -> HttpResponse:
    query = shapes.DeltaQuery.read(request.query_params)
    cursor, since = query.get("cursor") or None, query.get("since") or None
    question = delta.Question(viewer, cursor, since, query["limit"], has_limit="limit" in request.query_params)
    with delta.pages(question) as page:
        is_held = page.etag in [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]
        body = None if is_held else telling.told(page)
        changed_at = clock.ended_by(page.last_xid) or page.server_time
    response = HttpResponse(status=304) if body is None else HttpResponse(body, content_type="application/json")
    return _labelled(response, page.etag, changed_at)


def _labelled(response: HttpResponse, etag: str, changed_at: datetime) -> HttpResponse:
    response["ETag"] = etag
    response["Last-Modified"] = http_date(int(changed_at.timestamp()))
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization"
    return response


class SyncPush(Door):
    @extend_schema(request=PushBody, responses=PushOut)
    def post(self, request: SignedIn) -> Response:
        """Done in order, each exactly once and each for itself. What was not answered can be sent again as it is."""
        body = PushBody.read(request.data)
        return Response({"results": doing.do_all(request.user, body["operations"])})
