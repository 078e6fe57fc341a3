"""T12, T29: every route of talk, for every kind of caller, before a private group and what a member said in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.models import Attachment, Event, Member, Message, MessageReport, Reaction, Room, Upload
from chat.services import groups, opening, sending
from chat.services.sending import Draft
from chat.tests.desk import Desk
from listings.models import Listing
from marketplace.tests.routes import api_routes, undone

pytestmark = pytest.mark.django_db

CALLERS = ("anonymous", "stranger", "banned", "member", "owner", "moderator")
# the moderator is one of the site, not of this group: what people say is no more theirs than anybody's
MATRIX: dict[str, tuple[int, int, int, int, int, int]] = {
    # About the member's listing; the chat is the owner's with the member
    "GET /v1/chats": (401, 200, 200, 200, 200, 200),
    "POST /v1/chats": (401, 201, 201, 400, 200, 201),
    "GET /v1/chats/<uuid:chat_id>": (401, 404, 404, 200, 200, 404),
    "DELETE /v1/chats/<uuid:chat_id>": (401, 404, 404, 204, 204, 404),
    # What the member said in the group
    "GET /v1/messages": (401, 404, 404, 200, 200, 404),
    "POST /v1/messages": (401, 403, 403, 201, 201, 403),
    "GET /v1/messages/search": (401, 200, 200, 200, 200, 200),
    "POST /v1/messages/mark-read": (401, 404, 404, 200, 200, 404),
    "GET /v1/messages/unread-count": (401, 200, 200, 200, 200, 200),
    "GET /v1/messages/<uuid:message_id>": (401, 404, 404, 200, 200, 404),
    "PATCH /v1/messages/<uuid:message_id>": (401, 404, 404, 200, 403, 404),
    "DELETE /v1/messages/<uuid:message_id>": (401, 404, 404, 204, 204, 404),
    "PUT /v1/messages/<uuid:message_id>/reactions/<str:emoji>": (401, 404, 404, 200, 200, 404),
    "DELETE /v1/messages/<uuid:message_id>/reactions/<str:emoji>": (401, 404, 404, 200, 200, 404),
    "POST /v1/messages/<uuid:message_id>/report": (401, 404, 404, 400, 201, 404),
    # The group
    "GET /v1/rooms": (401, 200, 200, 200, 200, 200),
    "POST /v1/rooms": (401, 201, 201, 201, 201, 201),
    "GET /v1/rooms/public": (401, 200, 200, 200, 200, 200),
    "POST /v1/rooms/direct": (401, 201, 201, 400, 201, 201),
    "GET /v1/rooms/<uuid:room_id>": (401, 404, 404, 200, 200, 404),
    "PATCH /v1/rooms/<uuid:room_id>": (401, 404, 404, 403, 200, 404),
    "GET /v1/rooms/<uuid:room_id>/events": (401, 404, 404, 200, 200, 404),
    "POST /v1/rooms/<uuid:room_id>/join": (401, 404, 404, 200, 200, 404),
    "POST /v1/rooms/<uuid:room_id>/leave": (401, 404, 404, 204, 400, 404),
    "PUT /v1/rooms/<uuid:room_id>/mute": (401, 404, 404, 200, 200, 404),
    "POST /v1/rooms/<uuid:room_id>/unread": (401, 404, 404, 200, 200, 404),
    "GET /v1/rooms/<uuid:room_id>/members": (401, 404, 404, 200, 200, 404),
    "POST /v1/rooms/<uuid:room_id>/members": (401, 404, 404, 403, 201, 404),
    "PUT /v1/rooms/<uuid:room_id>/members/<uuid:user_id>": (401, 404, 404, 403, 200, 404),
    "DELETE /v1/rooms/<uuid:room_id>/members/<uuid:user_id>": (401, 404, 404, 403, 204, 404),
    "DELETE /v1/rooms/<uuid:room_id>/bans/<uuid:banned_id>": (401, 404, 404, 403, 204, 404),
    # A ticket for a socket is for oneself
    "POST /v1/ws/ticket": (401, 201, 201, 201, 201, 201),
    # A file that the member sent up, and sent to the group
    "GET /v1/uploads": (401, 200, 200, 200, 200, 200),
    "POST /v1/uploads": (401, 404, 404, 201, 404, 404),
    "POST /v1/uploads/presign": (401, 201, 201, 201, 201, 201),
    "POST /v1/uploads/files": (401, 422, 422, 422, 422, 422),
    "GET /v1/uploads/<uuid:upload_id>": (401, 404, 404, 200, 404, 404),
    "DELETE /v1/uploads/<uuid:upload_id>": (401, 404, 404, 409, 404, 404),
    "GET /v1/uploads/<uuid:upload_id>/download": (401, 404, 404, 200, 200, 404),
}
BODIES = {
    "POST /v1/chats": '{"listing_id": "{listing_id}"}',
    "POST /v1/messages": '{"chat_id": "{room_id}", "content": "hola"}',
    "POST /v1/messages/mark-read": '{"chat_id": "{room_id}"}',
    "PATCH /v1/messages/<uuid:message_id>": '{"content": "changed"}',
    "POST /v1/messages/<uuid:message_id>/report": '{"reason": "spam"}',
    "POST /v1/rooms": '{"name": "Chess"}',
    "POST /v1/rooms/direct": '{"user_id": "{user_id}"}',
    "PATCH /v1/rooms/<uuid:room_id>": '{"name": "Chess"}',
    "PUT /v1/rooms/<uuid:room_id>/mute": '{"until": null}',
    "POST /v1/rooms/<uuid:room_id>/unread": '{"seq": 1}',
    "POST /v1/rooms/<uuid:room_id>/members": '{"username": "stranger"}',
    "PUT /v1/rooms/<uuid:room_id>/members/<uuid:user_id>": '{"role": "moderator"}',
    "POST /v1/uploads": '{"object_key": "{object_key}"}',
    "POST /v1/uploads/presign": '{"filename": "a.pdf", "content_type": "application/pdf"}',
}
QUERIES = {"GET /v1/messages": "?chat_id={room_id}", "GET /v1/messages/search": "?q=hola"}
REFUSED = (400, 401, 403, 404, 409, 422)


def test_every_route_of_talk_has_a_row_and_every_row_a_route() -> None:
    routes = {f"{method.upper()} {route}" for route, methods in api_routes(of="chat.") for method in methods}

    assert routes == set(MATRIX)


@pytest.mark.parametrize("row", MATRIX)
def test_each_caller_gets_what_is_theirs_and_a_refusal_changes_nothing(
    row: str,
    buyer: User,
    seller: User,
    stranger: User,
    moderator: User,
    listing: Listing,
    make_person: Callable[..., User],
    make_group: Callable[..., Room],
    signed_in: Callable[..., APIClient],
    local_desk: Desk,
) -> None:
    banned = make_person("banned")
    group = make_group(buyer, seller, banned, is_private=True)
    groups.remove(buyer, group.pk, banned.pk, for_good=True)
    upload = local_desk.confirmed(seller)
    sent_message = sending.send(seller, group.pk, Draft("hola", upload_ids=(upload.pk,)))
    things = {
        "room_id": group.pk,
        "chat_id": opening.about_listing(buyer, listing.pk)[0].pk,
        "listing_id": listing.pk,
        "message_id": sent_message.message_id,
        "user_id": seller.pk,
        "banned_id": banned.pk,
        "upload_id": upload.pk,
        "object_key": upload.storage_key,
    }
    method, route = row.split(" ")
    sent, query = BODIES.get(row, "{}"), QUERIES.get(row, "")
    for name, key in things.items():
        route = route.replace(f"<uuid:{name}>", str(key))
        query, sent = (text.replace(f"{{{name}}}", str(key)) for text in (query, sent))
    route = route.replace("<str:emoji>", "%F0%9F%91%8D")
    people = dict(zip(CALLERS[1:], (stranger, banned, seller, buyer, moderator), strict=True))
    before = everything()

    for caller, wanted in zip(CALLERS, MATRIX[row], strict=True):
        client = APIClient() if caller == "anonymous" else signed_in(people[caller])
        with undone():
            reply: Any = client.generic(method, route + query, sent, content_type="application/json")

            said = b"".join(reply) if reply.streaming else reply.content
            assert (caller, reply.status_code) == (caller, wanted), said
            if method == "GET" or reply.status_code in REFUSED:
                assert everything() == before


def everything() -> tuple[object, ...]:
    return (
        sorted(Room.objects.values_list("pk", "name", "last_seq", "rules", "owner")),
        sorted(Member.objects.values_list("pk", "state", "role", "last_read_seq", "muted_until", "hidden_seq")),
        sorted(Message.objects.values_list("pk", "body", "deleted_at")),
        [model.objects.count() for model in (Event, Reaction, MessageReport, Upload, Attachment)],
    )
