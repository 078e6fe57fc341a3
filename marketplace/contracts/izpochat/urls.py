"""Lists of rooms and files end in a slash, everything else does not."""

from __future__ import annotations

from django.urls import path

from marketplace.contracts import rooms
from marketplace.contracts.izpochat import files, people, talk

urlpatterns = [
    path("api/users/register", people.Register.as_view()),
    path("api/users/login", people.Login.as_view()),
    path("api/users/me", people.Me.as_view()),
    path("api/users/me/rooms", people.MyRooms.as_view()),
    path("api/users/me/files", files.MyFiles.as_view()),
    path("api/users/", people.People.as_view()),
    path("api/users", people.People.as_view(schema=None)),  # as the Angular client calls it
    path("api/users/<int:number>", people.OnePerson.as_view()),
    path("api/users/username/<str:username>", people.OneByName.as_view()),
    path("api/rooms/", rooms.PublicRooms.as_view()),
    path("api/rooms/<int:number>", rooms.OneRoom.as_view()),
    path("api/rooms/<int:number>/join", talk.Join.as_view()),
    path("api/rooms/<int:number>/leave", talk.Leave.as_view()),
    path("api/rooms/<int:number>/members", talk.Members.as_view()),
    path("api/rooms/<int:number>/messages", talk.Messages.as_view()),
    path("api/ws/rooms/<int:number>/online", talk.Online.as_view()),
    path("api/uploads/", files.Uploads.as_view()),
    path("api/uploads/multiple", files.ManyUploads.as_view()),
    path("api/uploads/types/allowed", files.AllowedTypes.as_view()),
    path("api/uploads/<int:number>", files.OneUpload.as_view()),
    path("api/uploads/<int:number>/download", files.Download.as_view()),
]
