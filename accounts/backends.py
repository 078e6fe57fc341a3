"""Django's own sign-in (the admin) goes through the same guarded door as the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User
from accounts.services import sign_in
from marketplace.common.errors import TooManyRequests
from marketplace.common.net import client_ip


class GuardedBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if request is None or not username or password is None:
            return None
        try:
            return sign_in.check_password_of(username, password, address=client_ip(request), surface="admin")
        except TooManyRequests as error:
            raise PermissionDenied from error  # no other backend may be asked
        except sign_in.InvalidCredentials:
            return None
