"""`/v1/webhooks`: where providers tell us that something happened."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.common.api import Door
from marketplace.common.errors import InvalidInput, NotFound, TooLarge, Unauthenticated
from marketplace.common.schema import REFUSED
from orders.providers.base import BadSignature, UnreadableNotification, WebhookRef
from orders.providers.registry import UnknownProvider, provider
from orders.serializers import payments as shapes
from orders.services import inbox

LARGEST = 262_144
LONGEST_EVENT_ID = 255


class BadCallback(Unauthenticated):
    code = "bad_signature"
    detail = "This notification is not signed by the provider, or is too old"


class Webhook(Door):
    authentication_classes = ()  # the signature over the raw body is all that counts
    permission_classes = (AllowAny,)
    rate_scope = "webhooks"

    @extend_schema(
        request=shapes.NotificationBody,
        parameters=[OpenApiParameter("provider", str, "path")],
        responses={200: shapes.ReceivedOut, 401: REFUSED},
    )
    def post(self, request: Request, provider: str) -> Response:
        """For payment providers alone. What is told is looked up with the provider before anything follows from it."""
        inbox.receive(provider, _checked(request, provider))
        return Response({"received": True})


def _checked(request: Request, name: str) -> WebhookRef:
    raw = request._request.body
    if len(raw) > LARGEST:
        raise TooLarge
    try:
        told = provider(name).parse_webhook(request.headers, raw)
    except UnknownProvider as error:
        raise NotFound from error
    except BadSignature as error:
        raise BadCallback from error
    except UnreadableNotification as error:
        raise InvalidInput.one(["body"], "This is not a notification") from error
    if not 0 < len(told.event_id) <= LONGEST_EVENT_ID:
        raise InvalidInput.one(["body"], "The event's id is too long")
    return told
