"""Becoming a courier, by a code that those who run the place give to those they trust."""

from __future__ import annotations

import hmac

from django.db import transaction

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.errors import Forbidden


class WrongCode(Forbidden):
    code = "wrong_code"
    detail = "This is not the code"


@transaction.atomic
def join(person: User, code: str, *, secret: str) -> User:
    """Without a secret nobody can."""
    if not secret or not hmac.compare_digest(code.encode(), secret.encode()):
        raise WrongCode
    person = User.objects.select_for_update().get(pk=person.pk)
    if not person.is_delivery:
        person.is_delivery = True
        person.save(update_fields=["is_delivery", "updated_at"])
        outbox.publish("person.changed", user_id=str(person.pk), fields=["is_delivery"])
    return person
