"""`/account/…`: pages for people, reached from e-mails."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from accounts import pages

urlpatterns = [
    path("language", set_language, name="set_language"),
    path("password/forgot", pages.forgot, name="account-forgot"),
    path("password/forgot/sent", pages.plain("accounts/forgot_sent.html"), name="account-forgot-sent"),
    path("password/reset", pages.reset, name="account-reset"),
    path("password/reset/done", pages.plain("accounts/reset_done.html"), name="account-reset-done"),
    path("email/verify", pages.verify, name="account-verify"),
    path("email/verified", pages.plain("accounts/verified.html"), name="account-verified"),
]
