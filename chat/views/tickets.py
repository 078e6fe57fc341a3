"""`/v1/ws/ticket`."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.authentication import SignedIn
from chat.realtime import tickets
from marketplace.common.api import Door


class TicketOut(serializers.Serializer[None]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds")


class Ticket(Door):
    rate_scope = "socket_ticket"

    @extend_schema(request=None, responses={201: TicketOut})
    def post(self, request: SignedIn) -> Response:
        """For `/v1/ws?ticket=…`: good for one socket, within half a minute."""
        return Response({"ticket": tickets.give(request.auth), "expires_in": tickets.SECONDS}, status=201)
