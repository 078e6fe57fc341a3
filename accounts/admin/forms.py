"""The two forms for people: a new account, and what of an account may be edited by hand."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from accounts.models import User
from accounts.serializers import USERNAME
from accounts.services import addresses

NEW_PASSWORD: dict[str, Any] = {"min_length": 8, "max_length": 128, "strip": False}


class AddPersonForm(forms.ModelForm[User]):
    """For somebody who cannot register on their own."""

    password = forms.CharField(
        label=_("First password"),
        widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}),
        help_text=_("At least 8 characters. Ask them to change it when they first sign in."),
        **NEW_PASSWORD,
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = ["username", "name", "email", "campus"]

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if len(username) < 3 or not USERNAME.fullmatch(username):
            raise ValidationError(_("At least 3 letters, digits, '.', '_' or '-', starting with a letter or digit."))
        return username

    def clean_email(self) -> str | None:
        email = self.cleaned_data["email"]
        try:
            return addresses.normalized(email) if email else None
        except ValueError as error:
            raise ValidationError(_("This is not an e-mail address we can write to.")) from error
