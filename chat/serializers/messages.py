"""Messages on the wire. `frames.message` writes them, for REST and sockets alike; these say what it writes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chat.models import Message, MessageReport
from chat.models.message import LONGEST_TEXT
from chat.serializers.uploads import AttachmentOut
from chat.services.files.carrying import MOST_FILES
from chat.services.sending import Draft
from marketplace.common.errors import InvalidInput
from marketplace.common.validation import QueryShape, Shape

SAYABLE = [choice for choice in Message.Kind.choices if choice[0] != Message.Kind.SYSTEM]
LARGEST_SEQ = 2**53


class MessageBody(Shape):
    chat_id = serializers.UUIDField()
    message_type = serializers.ChoiceField(choices=SAYABLE, default=Message.Kind.TEXT)
    content = serializers.CharField(
        max_length=LONGEST_TEXT, required=False, allow_null=True, allow_blank=True, trim_whitespace=False
    )
    client_id = serializers.CharField(
        max_length=64, required=False, allow_null=True, help_text="The same again is the same message, not another one"
    )
    reply_to_seq = serializers.IntegerField(min_value=1, max_value=LARGEST_SEQ, required=False, allow_null=True)
    upload_ids = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_FILES,
        required=False,
        allow_null=True,
        help_text="Files of yours, uploaded and confirmed, each once",
    )
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)


class EditBody(Shape):
    content = serializers.CharField(max_length=LONGEST_TEXT, trim_whitespace=False, required=False)


class MessagesQuery(QueryShape):
    chat_id = serializers.UUIDField()
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    before_message_id = serializers.UUIDField(required=False)
    before_seq = serializers.IntegerField(min_value=0, max_value=LARGEST_SEQ, required=False)
    after_seq = serializers.IntegerField(
        min_value=0, max_value=LARGEST_SEQ, required=False, help_text="What follows it, oldest first"
    )


class SearchQuery(QueryShape):
    q = serializers.CharField(min_length=2, max_length=200)
    chat_id = serializers.UUIDField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=30)


class MarkReadBody(Shape):
    chat_id = serializers.UUIDField()
    last_message_id = serializers.UUIDField(required=False, allow_null=True)
    seq = serializers.IntegerField(min_value=0, max_value=LARGEST_SEQ, required=False, allow_null=True)


class MessageReportBody(Shape):
    reason = serializers.ChoiceField(choices=MessageReport.Reason.choices)
    text = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class SpeakerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    picture = serializers.CharField(allow_null=True)


class ReactionOut(serializers.Serializer[Any]):
    emoji = serializers.CharField()
    user_ids = serializers.ListField(child=serializers.UUIDField())


class MessageOut(serializers.Serializer[Any]):
    """`content` is null once it was taken back or hidden. `hints`: what a reader should be warned of."""

    id = serializers.UUIDField()
    chat_id = serializers.UUIDField()
    seq = serializers.IntegerField()
    sender_id = serializers.UUIDField(allow_null=True)
    sender = SpeakerOut(allow_null=True)
    message_type = serializers.ChoiceField(choices=Message.Kind.choices)
    content = serializers.CharField(allow_null=True)
    facts = serializers.DictField(allow_null=True, help_text="Of a place: where; of the product's words: about what")
    client_id = serializers.CharField(allow_null=True)
    reply_to_seq = serializers.IntegerField(allow_null=True)
    hints = serializers.ListField(child=serializers.CharField())
    mentions = serializers.ListField(child=serializers.UUIDField())
    reactions = ReactionOut(many=True)
    attachments = AttachmentOut(many=True)
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    is_hidden = serializers.BooleanField()
    created_at = serializers.DateTimeField()


@extend_schema_serializer(many=False)  # the list itself has a page around it
class MessagesPage(serializers.Serializer[Any]):
    items = MessageOut(many=True)
    total = serializers.IntegerField()
    total_is_exact = serializers.BooleanField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    has_more = serializers.BooleanField()


class MarkOut(serializers.Serializer[Any]):
    chat_id = serializers.UUIDField()
    last_read_seq = serializers.IntegerField()
    unread_count = serializers.IntegerField()


class UnreadMessagesOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    by_chat = serializers.DictField(child=serializers.IntegerField())


class MessageReportOut(serializers.ModelSerializer[MessageReport]):
    message_id = serializers.UUIDField()

    class Meta:
        model = MessageReport
        fields = ("id", "message_id", "reason", "text", "state", "created_at")
        read_only_fields = fields


def draft_of(body: dict[str, Any], *, client_id: str | None = None) -> Draft:
    """What a `SendBody` says, for whoever sends it."""
    place = {name: body.get(name) for name in ("latitude", "longitude")}
    given = [value for value in place.values() if value is not None]
    if len(given) == 1:
        raise InvalidInput.one(["body", "latitude"], "latitude and longitude come together")
    return Draft(
        body.get("content"),
        kind=body["message_type"],
        client_id=client_id or body.get("client_id") or None,
        reply_to_seq=body.get("reply_to_seq"),
        data=place if given else None,
        upload_ids=tuple(body.get("upload_ids") or ()),
    )
