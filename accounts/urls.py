"""`/v1`: people."""

from __future__ import annotations

from django.urls import path

from accounts.views import auth, devices, notifications, people

urlpatterns = [
    path("auth/register", auth.Register.as_view()),
    path("auth/login", auth.Login.as_view()),
    path("auth/refresh", auth.Refresh.as_view()),
    path("auth/me", auth.Me.as_view()),
    path("auth/logout", auth.Logout.as_view()),
    path("auth/sessions", auth.Sessions.as_view()),
    path("auth/sessions/<uuid:session_id>", auth.OneSession.as_view()),
    path("auth/password/change", auth.ChangePassword.as_view()),
    path("auth/password/forgot", auth.ForgotPassword.as_view()),
    path("auth/password/reset", auth.ResetPassword.as_view()),
    path("auth/email/request", auth.RequestVerification.as_view()),
    path("auth/email/verify", auth.VerifyEmail.as_view()),
    path("users/me", people.MyProfile.as_view()),
    path("users/me/blocks", people.Blocks.as_view()),
    path("users/by-email", people.PersonByEmail.as_view()),
    path("users/<uuid:user_id>", people.OnePerson.as_view()),
    path("users/<uuid:user_id>/block", people.OneBlock.as_view()),
    path("users/<uuid:user_id>/report", people.Reports.as_view()),
    path("devices", devices.Devices.as_view()),
    path("devices/<uuid:device_id>", devices.OneDevice.as_view()),
    path("contacts/match", people.ContactMatch.as_view()),
    path("notifications", notifications.Notifications.as_view()),
    path("notifications/unread-count", notifications.UnreadCount.as_view()),
    path("notifications/read-all", notifications.ReadAll.as_view()),
    path("notifications/preferences", notifications.Preferences.as_view()),
    path("notifications/<uuid:notification_id>/read", notifications.Read.as_view()),
]
