"""`POST /v1/events` and `/v1/features/use`: what apps tell of their use. Answered once it is committed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import ReaderAuthentication, SignedIn
from accounts.serializers import DoneOut
from analytics.serializers import events as shapes
from analytics.services.intake import features
from analytics.services.intake.taking_in import take_in
from marketplace.common.api import Door
from marketplace.common.errors import TooLarge
from marketplace.common.idempotency import idempotent
from marketplace.common.jsonio import StrictJSONParser, json_response


class Unread(StrictJSONParser):
    """Bytes as they came, of which this door takes more than others do."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        self.require_json(media_type)
        body: bytes = stream.read(settings.TELEMETRY_BODY_BYTES + 1)
        if len(body) > settings.TELEMETRY_BODY_BYTES:
            raise TooLarge
        return body


class TelemetryDoor(Door):
    rate_scope = "telemetry"

    def get_authenticators(self) -> list[BaseAuthentication]:
        """As where one only reads: who has been shut out tells us nothing more within seconds."""
        is_described = getattr(self, "swagger_fake_view", False)  # to the schema all tokens are the same
        return super().get_authenticators() if is_described else [ReaderAuthentication()]


class Events(TelemetryDoor):
    permission_classes = [AllowAny]
    parser_classes = [Unread]

    @extend_schema(request=shapes.TelemetryBody, responses={202: shapes.TelemetryOut})
    def post(self, request: Request) -> HttpResponse:
        """Up to 500 at once, each judged for itself. An `id` makes an event count once, however often it is sent."""
        user_id = request.user.pk if request.user.is_authenticated else None
        sent: Any = request.data
        body = sent if isinstance(sent, bytes) else b""  # DRF has a dictionary for no body at all
        return json_response(take_in(body, user_id=user_id).body(), status=202)


class FeatureUse(TelemetryDoor):
    @extend_schema(request=shapes.FeatureUseBody, responses={202: DoneOut})
    @idempotent
    def post(self, request: SignedIn) -> Response:
        features.used(user_id=request.user.pk, **shapes.FeatureUseBody.read(request.data))
        return Response({"ok": True}, status=202)
