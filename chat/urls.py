"""`/v1`: talk."""

from __future__ import annotations

from django.urls import path

from chat.views import chats, messages, rooms, tickets, uploads

of_messages = [  # under v1/messages
    path("", messages.Messages.as_view({"get": "list", "post": "create"})),
    path("/search", messages.Messages.as_view({"get": "search"})),
    path("/mark-read", messages.MarkRead.as_view()),
    path("/unread-count", messages.UnreadCount.as_view()),
    path(
        "/<uuid:message_id>",
        messages.Messages.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("/<uuid:message_id>/reactions/<str:emoji>", messages.Reaction.as_view()),
    path("/<uuid:message_id>/report", messages.Report.as_view()),
]
urlpatterns = [
    path("chats", chats.Chats.as_view({"get": "list", "post": "create"})),
    path("chats/<uuid:chat_id>", chats.Chats.as_view({"get": "retrieve", "delete": "destroy"})),
    path("rooms", rooms.Rooms.as_view({"get": "list", "post": "create"})),
    path("rooms/public", rooms.Rooms.as_view({"get": "public"})),
    path("rooms/direct", rooms.Rooms.as_view({"post": "direct"})),
    path("rooms/<uuid:room_id>", rooms.Rooms.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("rooms/<uuid:room_id>/events", rooms.Rooms.as_view({"get": "events"})),
    path("rooms/<uuid:room_id>/join", rooms.Rooms.as_view({"post": "join"})),
    path("rooms/<uuid:room_id>/leave", rooms.Rooms.as_view({"post": "leave"})),
    path("rooms/<uuid:room_id>/mute", rooms.Rooms.as_view({"put": "mute"})),
    path("rooms/<uuid:room_id>/unread", rooms.Rooms.as_view({"post": "unread"})),
    path("rooms/<uuid:room_id>/members", rooms.Members.as_view({"get": "list", "post": "create"})),
    path(
        "rooms/<uuid:room_id>/members/<uuid:user_id>",
        rooms.Members.as_view({"put": "update", "delete": "destroy"}),
    ),
    path("rooms/<uuid:room_id>/bans/<uuid:banned_id>", rooms.Ban.as_view()),
    path("ws/ticket", tickets.Ticket.as_view()),
    path("uploads", uploads.Uploads.as_view({"get": "list", "post": "create"})),
    path("uploads/presign", uploads.Uploads.as_view({"post": "presign"})),
    path("uploads/files", uploads.UploadFiles.as_view()),
    path("uploads/<uuid:upload_id>", uploads.Uploads.as_view({"get": "retrieve", "delete": "destroy"})),
    path("uploads/<uuid:upload_id>/download", uploads.UploadFile.as_view()),
]
