"""`/api/rooms/{number}`: coming, going, and what is said; and who is online, under `/api/ws/rooms`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SignedIn, TokenAuthentication
from accounts.models import User
from chat import frames
from chat.models import Message, Room
from chat.models.message import LONGEST_TEXT
from chat.services import access, entering, groups, numbered, reading, watching
from chat.services.errors import MemberNotFound, NotInChat
from chat.services.sending import Draft
from marketplace.common import ratelimit
from marketplace.common.errors import DomainError
from marketplace.common.idempotency import idempotent
from marketplace.common.validation import QueryShape, Shape
from marketplace.contracts import rooms
from marketplace.contracts.izpochat import files
from marketplace.contracts.izpochat.doors import IzpoDoor
from marketplace.contracts.izpochat.sharing import unfolded
from marketplace.contracts.rooms import MOST_MEMBERS, NumberedPersonOut, NumberedRoomOut, person


class NotAMember(DomainError):
    code = "not_in_chat"
    detail = "You are not a member of this room"


class AnotherRoom(DomainError):
    code = "another_room"
    detail = "`room_id` and the address name different rooms"


# ── Shapes ───────────────────────────────────────────────────────────────────────────────────────


class IzpoMessagesQuery(QueryShape):
    skip = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


LARGEST_NUMBER = 2**53  # above it JSON no longer says which one


class IzpoMessageBody(Shape):
    content = serializers.CharField(
        max_length=LONGEST_TEXT, required=False, allow_blank=True, allow_null=True, trim_whitespace=False
    )
    room_id = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, required=False, allow_null=True, help_text="That of the address, if any"
    )
    file_id = serializers.IntegerField(
        min_value=0, max_value=LARGEST_NUMBER, required=False, allow_null=True, help_text="A file of yours"
    )


NUMBER = {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER, "nullable": True}
SPOKEN = {  # the same for the API document, where it may also be a bare text
    "type": "object",
    "properties": {
        "content": {"type": "string", "maxLength": LONGEST_TEXT, "nullable": True},
        "room_id": {**NUMBER, "description": "That of the address, if any"},
        "file_id": {**NUMBER, "description": "A file of yours"},
    },
}


class IzpoInviteBody(Shape):
    username = serializers.CharField(max_length=50, required=False)
    user_id = serializers.IntegerField(min_value=0, max_value=LARGEST_NUMBER, required=False)


class IzpoDoneOut(serializers.Serializer[Any]):
    message = serializers.CharField()
    room_id = serializers.IntegerField()


class IzpoMessageOut(serializers.Serializer[Any]):
    """`room` comes without its members, of whom the room itself tells."""

    id = serializers.IntegerField()
    content = serializers.CharField(allow_blank=True)
    room_id = serializers.IntegerField()
    sender_id = serializers.IntegerField()
    file_id = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    sender = NumberedPersonOut()
    room = NumberedRoomOut()
    file = files.IzpoFileOut(allow_null=True)


class IzpoOnlineOut(serializers.Serializer[Any]):
    room_id = serializers.IntegerField()
    online_users = NumberedPersonOut(many=True)
    count = serializers.IntegerField()


def message(said: Message, room: dict[str, Any]) -> dict[str, Any]:
    carried = [each.upload for each in said.attachments.all()][:1]
    sender = rooms.sender_of(said)
    for upload in carried:
        upload.uploader = sender  # nobody attaches another's file
    return {
        "id": said.number,
        "content": (said.body if carried else frames.plain_text(said)) or "",
        "room_id": room["id"],
        "sender_id": sender.number,
        "file_id": carried[0].number if carried else None,
        "created_at": said.created_at,
        "sender": person(sender),
        "room": room,
        "file": files.shown(carried[0]) if carried else None,
    }


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────


class Join(IzpoDoor):
    @extend_schema(request=None, responses=IzpoDoneOut)
    @idempotent
    def post(self, request: SignedIn, number: int) -> Response:
        """A public room, or one that one was invited to. Again changes nothing."""
        groups.join(request.user, numbered.group(request.user, number).pk)
        return Response({"message": "Te has unido a la sala exitosamente", "room_id": number})


class Leave(IzpoDoor):
    @extend_schema(request=None, responses=IzpoDoneOut)
    @idempotent
    def post(self, request: SignedIn, number: int) -> Response:
        try:
            groups.leave(request.user, numbered.group(request.user, number).pk)
        except NotInChat as error:
            raise NotAMember from error
        return Response({"message": "Has salido de la sala exitosamente", "room_id": number})


class Members(IzpoDoor):
    @extend_schema(responses=NumberedPersonOut(many=True))
    def get(self, request: SignedIn, number: int) -> Response:
        room = numbered.group(request.user, number)
        return Response([person(each.user) for each in reading.members_in(room)[:MOST_MEMBERS]])

    @extend_schema(request=IzpoInviteBody, responses={201: NumberedPersonOut(many=True)})
    @idempotent
    def post(self, request: SignedIn, number: int) -> Response:
        """Invites somebody, by number or user name; they join when they like."""
        room = numbered.group(request.user, number)
        groups.invite(request.user, room.pk, _meant(request.user, IzpoInviteBody.read(request.data)))
        return Response([person(each.user) for each in reading.members_in(room)[:MOST_MEMBERS]], status=201)


def _meant(user: User, body: dict[str, Any]) -> User:
    people = User.objects.visible_to(user)
    named = (
        people.filter(number=body["user_id"]) if "user_id" in body else people.with_username(body.get("username", ""))
    )
    found: User | None = named.first()
    if found is None:
        raise MemberNotFound("User not found")
    return found


class Messages(IzpoDoor):
    @extend_schema(parameters=[IzpoMessagesQuery], responses=IzpoMessageOut(many=True))
    def get(self, request: SignedIn, number: int) -> Response:
        """Newest first."""
        query = IzpoMessagesQuery.read(request.query_params)
        room = numbered.group(request.user, number)
        found = reading.said_in(request.user, room.pk, limit=query["limit"], offset=query["skip"])
        shown = rooms.shown(room, [])
        return Response([message(said, shown) for said in found])

    @extend_schema(
        request={"application/json": {"oneOf": [SPOKEN, {"type": "string", "maxLength": LONGEST_TEXT}]}},
        responses={201: IzpoMessageOut},
    )
    @idempotent
    def post(self, request: SignedIn, number: int) -> Response:
        """A bare text is read as the content; a message within it that names a file, as that message."""
        ratelimit.require("chat_send", str(request.user.pk))
        sent: Any = request.data
        body = IzpoMessageBody.read({"content": sent} if isinstance(sent, str) else sent)
        if body.get("room_id") not in (None, number):
            raise AnotherRoom
        room = numbered.group(request.user, number)
        content, file_number = body.get("content"), body.get("file_id")
        if content and file_number is None:
            content, file_number = unfolded(content)
        carried = [] if file_number is None else [file_number]
        draft = Draft(content, upload_ids=numbered.own_files(request.user, carried))
        said = entering.say(request.user, room.pk, draft)
        return Response(message(Message.objects.shown().get(pk=said.message_id), rooms.shown(room, [])), status=201)


class TokenInAddress(TokenAuthentication):
    """`?token=` where there is no header, as on sockets."""

    def authenticate(self, request: Request) -> Any:
        token = request.query_params.get("token", "")
        if token and "HTTP_AUTHORIZATION" not in request.META:
            request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return super().authenticate(request)


class Online(IzpoDoor):
    def get_authenticators(self) -> list[BaseAuthentication]:
        is_asked_by_schema = getattr(self, "swagger_fake_view", False)
        return super().get_authenticators() if is_asked_by_schema else [TokenInAddress()]

    @extend_schema(parameters=[OpenApiParameter("token", str)], responses=IzpoOnlineOut)
    def get(self, request: SignedIn, number: int) -> Response:
        """Who has this room before their eyes, on a client of any family. `?token=` is as good as the header."""
        room: Room = numbered.group(request.user, number)
        access.standing(request.user.pk, room.pk).must_look()
        here = watching.here(room.pk)
        people = [
            {"id": each["number"], "username": each["username"], "full_name": each["name"], "email": None}
            for each in here.people
        ]
        return Response({"room_id": number, "online_users": people, "count": here.count})
