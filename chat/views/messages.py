"""`/v1/messages`: in any room one is in."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import ReadsLightly, SignedIn
from chat import frames
from chat.models import Message
from chat.serializers import messages as shapes
from chat.services import changing, history, marks, moderation, reading, sending
from chat.services.errors import ChatNotFound, NotInChat
from chat.views.replies import json_around
from marketplace.common import ratelimit
from marketplace.common.api import CountsFirst, Door
from marketplace.common.idempotency import idempotent
from marketplace.common.schema import NOTHING


class Messages(ReadsLightly, CountsFirst, ViewSet):
    @extend_schema(request=shapes.MessageBody, responses={201: shapes.MessageOut, 200: shapes.MessageOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        """Stored and numbered when this answers. The same `client_id` again is 200 with the first one."""
        ratelimit.require("chat_send", str(request.user.pk))
        body = shapes.MessageBody.read(request.data)
        try:
            sent = sending.send(request.user, body["chat_id"], shapes.draft_of(body))
        except ChatNotFound as error:  # as the contract has it, for rooms that do not exist as well
            raise NotInChat from error
        said = sent.message or Message.objects.shown().get(pk=sent.message_id)
        return Response(frames.message(said), status=200 if sent.is_duplicate else 201)

    @extend_schema(parameters=[shapes.MessagesQuery], responses={200: shapes.MessagesPage, 404: NOTHING})
    def list(self, request: SignedIn) -> HttpResponse:
        """Newest first. `before_seq` and `after_seq` neither repeat nor skip, whatever is said meanwhile."""
        query = shapes.MessagesQuery.read(request.query_params)
        asked = {name: query.get(name) for name in ("before_seq", "after_seq")}
        page = history.page(
            request.user,
            query["chat_id"],
            limit=query["limit"],
            offset=query["offset"],
            before=query.get("before_message_id"),
            **asked,
        )
        return json_around(
            "items",
            page.items,
            {
                "total": page.total,
                "total_is_exact": page.total_is_exact,
                "limit": query["limit"],
                "offset": query["offset"],
                "has_more": page.has_more,
            },
        )

    @extend_schema(responses=shapes.MessageOut)
    def retrieve(self, request: SignedIn, message_id: UUID) -> Response:
        return Response(frames.message(reading.message_seen_by(request.user, message_id)))

    @extend_schema(request=shapes.EditBody, responses=shapes.MessageOut)
    def partial_update(self, request: SignedIn, message_id: UUID) -> Response:
        """One's own, for a while."""
        body = shapes.EditBody.read(request.data)
        if "content" in body:
            within = timedelta(minutes=settings.CHAT_EDIT_MINUTES)
            changing.edit(request.user, message_id, body=body["content"], now=timezone.now(), within=within)
        return self.retrieve(request, message_id)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: SignedIn, message_id: UUID) -> Response:
        """By who said it or who leads the room. Its place stays, and says nothing any more."""
        changing.delete(request.user, message_id, now=timezone.now())
        return Response(status=204)

    @extend_schema(parameters=[shapes.SearchQuery], responses=shapes.MessageOut(many=True))
    def search(self, request: SignedIn) -> Response:
        """Words in one's own rooms, newest first."""
        query = shapes.SearchQuery.read(request.query_params)
        found = reading.found_in(request.user, query["q"], room_id=query.get("chat_id"), limit=query["limit"])
        return Response([frames.message(each) for each in found])


class MarkRead(Door):
    @extend_schema(request=shapes.MarkReadBody, responses=shapes.MarkOut)
    def post(self, request: SignedIn) -> Response:
        """Up to a message, a number, or everything there is."""
        body = shapes.MarkReadBody.read(request.data)
        chat_id = body["chat_id"]
        seq = marks.read_up_to(request.user, chat_id, reading.place_meant(request.user, chat_id, body))
        count = marks.unread(request.user, [chat_id])
        return Response({"chat_id": chat_id, "last_read_seq": seq, "unread_count": count})


class UnreadCount(Door):
    @extend_schema(responses=shapes.UnreadMessagesOut)
    def get(self, request: SignedIn) -> Response:
        by_room = marks.unread_by_room(request.user)
        return Response({"count": sum(by_room.values()), "by_chat": {str(key): n for key, n in by_room.items()}})


class Reaction(Door):
    @extend_schema(request=None, responses=shapes.MessageOut)
    def put(self, request: SignedIn, message_id: UUID, emoji: str) -> Response:
        changing.react(request.user, message_id, emoji)
        return Response(frames.message(reading.message_seen_by(request.user, message_id)))

    @extend_schema(request=None, responses=shapes.MessageOut)
    def delete(self, request: SignedIn, message_id: UUID, emoji: str) -> Response:
        changing.take_reaction_back(request.user, message_id, emoji)
        return Response(frames.message(reading.message_seen_by(request.user, message_id)))


class Report(Door):
    @extend_schema(request=shapes.MessageReportBody, responses={201: shapes.MessageReportOut})
    @idempotent
    def post(self, request: SignedIn, message_id: UUID) -> Response:
        """Once for each message. Moderators see it as it was, with what was said around it."""
        body = shapes.MessageReportBody.read(request.data)
        made = moderation.report(request.user, message_id, reason=body["reason"], text=body["text"])
        return Response(shapes.MessageReportOut(made).data, status=201)
