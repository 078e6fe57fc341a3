"""Signing in to the admin, and changing one's own password there: through the same guarded services as the API."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from accounts.admin.forms import NEW_PASSWORD
from accounts.services import lockout, passwords, sign_in
from marketplace.common.net import client_ip


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    """Says so when the door is locked, which Django's own form cannot tell from a wrong password."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("User name or e-mail address")
        self.fields["username"].max_length = 254
        self.fields["username"].widget.attrs["maxlength"] = 254

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not username or not password:
            return self.cleaned_data  # type: ignore[no-any-return]
        address = client_ip(self.request)
        try:
            self.user_cache = sign_in.check_password_of(username, password, address=address, surface="admin")
        except lockout.LockedOut as error:
            raise ValidationError(_locked_text(error), code="locked_out") from error
        except sign_in.InvalidCredentials as error:
            raise self.get_invalid_login_error() from error
        self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data  # type: ignore[no-any-return]


def _locked_text(error: lockout.LockedOut) -> str:
    minutes = math.ceil(int(error.headers["Retry-After"]) / 60)
    return ngettext(
        "Too many failed sign-ins. Please try again in %(minutes)s minute.",
        "Too many failed sign-ins. Please try again in %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}


def _new_password(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}), **NEW_PASSWORD
    )


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]
    new_password1 = _new_password(_("New password"))
    new_password2 = _new_password(_("New password, once more"))

    def clean_old_password(self) -> str:
        return str(self.cleaned_data["old_password"])  # checked by the service, which counts wrong ones


class OwnPassword(PasswordChangeView):
    """Ends every session of the API as well, which Django's own view does not know about."""

    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"
    success_url = reverse_lazy("admin:password_change_done")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            passwords.change_password(
                form.user,
                current=form.cleaned_data["old_password"],
                new=form.cleaned_data["new_password1"],
                address=client_ip(self.request),
                now=timezone.now(),
            )
        except (passwords.WrongPassword, lockout.LockedOut) as error:
            form.add_error("old_password", error.text)
            return self.form_invalid(form)
        update_session_auth_hash(self.request, form.user)
        return HttpResponseRedirect(str(self.success_url))


def _change_own_password(request: HttpRequest) -> HttpResponseBase:
    return OwnPassword.as_view(extra_context=admin.site.each_context(request))(request)


def _extra_urls() -> list[URLPattern]:
    """The theme puts these before Django's own, so this is the page that answers."""
    view = admin.site.admin_view(_change_own_password, cacheable=True)
    return [path("password_change/", view, name="password_change")]


admin.site.login_form = SignInForm
admin.site.extra_urls = _extra_urls  # type: ignore[attr-defined]
