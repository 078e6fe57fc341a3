"""`/v1/ws/ticket`."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.authentication import SignedIn
from chat.realtime import tickets
from marketplace.common.api import Door
from marketplace.common.validation import Shape


class TicketBody(Shape):
    room = serializers.UUIDField(required=False, allow_null=True, help_text="Then it is good for this room alone")


class TicketOut(serializers.Serializer[None]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds")


class Ticket(Door):
    rate_scope = "socket_ticket"

    @extend_schema(request=TicketBody, responses={201: TicketOut})
    def post(self, request: SignedIn) -> Response:
        """For `/v1/ws?ticket=…`: good for one socket, within half a minute."""
        body = TicketBody.read(request.data)
        ticket = tickets.give(request.auth, body.get("room"))
        return Response({"ticket": ticket, "expires_in": tickets.SECONDS}, status=201)
