"""No slash at the end of anything."""

from __future__ import annotations

from django.urls import path

from marketplace.contracts import rooms
from marketplace.contracts.chat_starter import views

urlpatterns = [
    path("api/auth/signup", views.SignUp.as_view()),
    path("api/auth/login", views.Login.as_view()),
    path("api/auth/me", views.Me.as_view()),
    path("api/rooms", rooms.ReachableRooms.as_view()),
    path("api/messages/<int:number>", views.Messages.as_view()),
    path("api/messages/<int:number>/recent", views.Recent.as_view()),
]
