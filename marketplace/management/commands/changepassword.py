"""Django's own command, and with it what a new password means here: whoever is signed in with the old one is out."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.utils import timezone

from accounts.models import User
from accounts.services import passwords


class Command(changepassword.Command):
    help = "Give somebody a new password. They are signed out everywhere, and told by mail."

    def handle(self, *args: Any, **options: Any) -> str | None:
        told: str | None = super().handle(*args, **options)
        person = User.objects.get(username=options["username"] or getpass.getuser())
        passwords.end_what_the_old_one_opened(person, now=timezone.now())
        return told
