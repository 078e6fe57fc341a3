"""`manage.py changepassword`, which `prepare` tells operators to use: T5 holds there as well."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Session, User
from marketplace.common.models import OutboxEvent

pytestmark = pytest.mark.django_db


def test_T5_a_password_that_an_operator_changes_ends_every_session(
    signed_in: Callable[..., APIClient],
    in_admin: Callable[[User], Client],
    moderator: User,
    buyer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda **_: "battery staple")
    phone, browser, another = signed_in(moderator), in_admin(moderator), signed_in(buyer)

    call_command("changepassword", "moderator", verbosity=0)

    assert phone.get("/v1/auth/me").status_code == 401
    assert browser.get("/admin/").status_code == 302
    assert another.get("/v1/auth/me").status_code == 200
    assert moderator.sessions.get().ended_by == Session.Ended.PASSWORD
    assert OutboxEvent.objects.get(kind="password.changed").payload == {"user_id": str(moderator.pk)}
    moderator.refresh_from_db()
    assert moderator.check_password("battery staple")
