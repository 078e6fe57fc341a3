"""`/v1/rooms`: every room, and what one does with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.authentication import ReadsLightly, SignedIn
from accounts.models import User
from chat.models import Room
from chat.serializers import rooms as shapes
from chat.services import groups, history, last_seen, marks, opening, reading
from chat.services.errors import MemberNotFound
from chat.views.replies import json_around, json_reply
from marketplace.common.api import CountsFirst, Door
from marketplace.common.idempotency import idempotent

OWN = [Room.Kind.LISTING.value, Room.Kind.GROUP.value, Room.Kind.DIRECT.value]


def _shown(user: User, room_id: UUID, status: int = 200) -> Response:
    return Response(shapes.shown(reading.room_seen_by(user, room_id)), status=status)


class Rooms(ReadsLightly, CountsFirst, ViewSet):
    @extend_schema(parameters=[shapes.RoomsQuery], responses=shapes.RoomOut(many=True))
    def list(self, request: SignedIn) -> HttpResponse:
        """One's own of every kind, what was talked in last first."""
        query = shapes.RoomsQuery.read(request.query_params)
        kinds = [query["kind"]] if "kind" in query else OWN
        found = history.rooms(request.user, kinds=kinds, listing_id=None, limit=query["limit"], offset=query["offset"])
        return json_reply(found)

    @extend_schema(parameters=[shapes.PublicRoomsQuery], responses=shapes.RoomOut(many=True))
    def public(self, request: SignedIn) -> Response:
        """Groups that anybody may join, newest first."""
        query = shapes.PublicRoomsQuery.read(request.query_params)
        rooms = Room.objects.public_groups().visible_to(request.user).order_by("-pk")
        page = rooms[query["offset"] : query["offset"] + query["limit"]]
        return Response([shapes.shown(shelf) for shelf in reading.shelved(request.user, page)])

    @extend_schema(request=shapes.GroupBody, responses={201: shapes.RoomOut})
    @idempotent
    def create(self, request: SignedIn) -> Response:
        room = groups.create(request.user, **shapes.GroupBody.read(request.data))
        return _shown(request.user, room.pk, 201)

    @extend_schema(request=shapes.DirectBody, responses={201: shapes.RoomOut, 200: shapes.RoomOut})
    @idempotent
    def direct(self, request: SignedIn) -> Response:
        """The room of two people: a new one is 201, one that exists 200."""
        body = shapes.DirectBody.read(request.data)
        other = User.objects.visible_to(request.user).filter(pk=body["user_id"]).first()
        if other is None:
            raise MemberNotFound("User not found")
        room, is_new = opening.between(request.user, other)
        return _shown(request.user, room.pk, 201 if is_new else 200)

    @extend_schema(responses=shapes.RoomOut)
    def retrieve(self, request: SignedIn, room_id: UUID) -> Response:
        return _shown(request.user, room_id)

    @extend_schema(request=shapes.GroupChanges, responses=shapes.RoomOut)
    def partial_update(self, request: SignedIn, room_id: UUID) -> Response:
        """By who leads the group."""
        groups.change(request.user, room_id, **shapes.GroupChanges.read(request.data))
        return _shown(request.user, room_id)

    @extend_schema(request=None, responses=shapes.RoomOut)
    def join(self, request: SignedIn, room_id: UUID) -> Response:
        """A public group, or one that one was invited to. Again changes nothing."""
        groups.join(request.user, room_id)
        return _shown(request.user, room_id)

    @extend_schema(request=None, responses={204: None})
    def leave(self, request: SignedIn, room_id: UUID) -> Response:
        groups.leave(request.user, room_id)
        return Response(status=204)

    @extend_schema(request=shapes.MuteBody, responses=shapes.RoomOut)
    def mute(self, request: SignedIn, room_id: UUID) -> Response:
        """Nobody is told of what is said here until then."""
        marks.mute(request.user, room_id, shapes.MuteBody.read(request.data)["until"])
        return _shown(request.user, room_id)

    @extend_schema(request=shapes.UnreadBody, responses=shapes.RoomOut)
    def unread(self, request: SignedIn, room_id: UUID) -> Response:
        """This message, and what follows it, is to be read again."""
        marks.unread_from(request.user, room_id, shapes.UnreadBody.read(request.data)["seq"])
        return _shown(request.user, room_id)

    @extend_schema(parameters=[shapes.EventsQuery], responses=shapes.EventsOut)
    def events(self, request: SignedIn, room_id: UUID) -> HttpResponse:
        """What happened after a number, in order and without gaps: the same as the socket says."""
        query = shapes.EventsQuery.read(request.query_params)
        found = history.events(request.user, room_id, since=query["since"], limit=query["limit"])
        rest = {"epoch": found.epoch, "last_seq": found.last_seq, "has_more": found.has_more}
        return json_around("events", found.events, rest)


class Members(CountsFirst, ViewSet):
    @extend_schema(parameters=[shapes.MembersQuery], responses=shapes.MemberOut(many=True))
    def list(self, request: SignedIn, room_id: UUID) -> Response:
        """In the order in which they came to know the room; the next page begins `after` the last of this one."""
        return Response(_members(request.user, room_id, **shapes.MembersQuery.read(request.query_params)))

    @extend_schema(request=shapes.InviteBody, responses={201: shapes.MemberOut(many=True)})
    @idempotent
    def create(self, request: SignedIn, room_id: UUID) -> Response:
        """Invites somebody, by id or user name; they join when they like. The answer is the first page of members."""
        groups.invite(request.user, room_id, _meant(request.user, shapes.InviteBody.read(request.data)))
        return Response(_members(request.user, room_id, **shapes.MembersQuery.read({})), status=201)

    @extend_schema(request=shapes.RoleBody, responses=shapes.ParticipantOut)
    def update(self, request: SignedIn, room_id: UUID, user_id: UUID) -> Response:
        """By the owner. `owner` hands the room over."""
        body = shapes.RoleBody.read(request.data)
        return Response(shapes.participant(groups.give_role(request.user, room_id, user_id, body["role"])))

    @extend_schema(parameters=[shapes.RemoveQuery], request=None, responses={204: None})
    def destroy(self, request: SignedIn, room_id: UUID, user_id: UUID) -> Response:
        """By who leads the group; with `ban=true` for good."""
        query = shapes.RemoveQuery.read(request.query_params)
        groups.remove(request.user, room_id, user_id, for_good=query["ban"])
        return Response(status=204)


class Ban(Door):
    @extend_schema(request=None, responses={204: None})
    def delete(self, request: SignedIn, room_id: UUID, banned_id: UUID) -> Response:
        """They may join again."""
        groups.lift_ban(request.user, room_id, banned_id)
        return Response(status=204)


def _members(user: User, room_id: UUID, *, limit: int, after: UUID | None = None) -> list[dict[str, Any]]:
    members = list(reading.members_of(user, room_id, after=after)[:limit])
    seen = last_seen.seen_by(user, members)
    return [shapes.member_seen(each, seen.get(each.user_id)) for each in members]


def _meant(user: User, body: dict[str, Any]) -> User:
    people = User.objects.visible_to(user)
    if "user_id" in body:
        found = people.filter(pk=body["user_id"]).first()
    else:
        found = people.with_username(body.get("username", "")).first()
    if found is None:
        raise MemberNotFound("User not found")
    return found
