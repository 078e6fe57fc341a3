"""`/v1/chats`: a buyer and a seller, about a listing."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import ReadsLightly, SignedIn
from chat.models import Room
from chat.serializers import rooms as shapes
from chat.services import history, marks, opening, reading
from chat.views.replies import json_reply
from marketplace.common.api import CountsFirst
from marketplace.common.idempotency import idempotent

KINDS = [Room.Kind.LISTING.value]


class Chats(ReadsLightly, CountsFirst, ViewSet):
    @extend_schema(request=shapes.ChatBody, responses={201: shapes.RoomOut, 200: shapes.RoomOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        """The chat with the seller of a listing: a new one is 201, one that exists 200."""
        body = shapes.ChatBody.read(request.data)
        room, is_new = opening.about_listing(request.user, body["listing_id"])
        shelf = reading.room_seen_by(request.user, room.pk)
        return Response(shapes.shown(shelf), status=201 if is_new else 200)

    @extend_schema(parameters=[shapes.ChatsQuery], responses=shapes.RoomOut(many=True))
    def list(self, request: SignedIn) -> HttpResponse:
        """One's own, what was talked in last first."""
        query = shapes.ChatsQuery.read(request.query_params)
        found = history.rooms(
            request.user,
            kinds=KINDS,
            listing_id=query.get("listing_id"),
            limit=query["limit"],
            offset=query["offset"],
        )
        return json_reply(found)

    @extend_schema(responses=shapes.RoomOut)
    def retrieve(self, request: SignedIn, chat_id: UUID) -> Response:
        return Response(shapes.shown(reading.room_seen_by(request.user, chat_id, kinds=KINDS)))

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: SignedIn, chat_id: UUID) -> Response:
        """Out of one's own list, until something new is said. The other keeps theirs, and nothing is lost."""
        reading.room_seen_by(request.user, chat_id, kinds=KINDS)
        marks.put_away(request.user, chat_id)
        return Response(status=204)
