"""The picture of a person."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

from django.db import transaction

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.storage import StorageUnavailable, get_store, new_key


def change(person: User, jpeg: bytes) -> User:
    """Not inside a transaction. `jpeg` is small, and drawn by us."""
    key = new_key("people", "jpg", allowed=("jpg",))
    get_store().save(key, BytesIO(jpeg), content_type="image/jpeg")
    person, former = _point_to(person, key)
    if former:
        with suppress(StorageUnavailable):
            get_store().delete(former)
    return person


@transaction.atomic
def _point_to(person: User, key: str) -> tuple[User, str]:
    person = User.objects.select_for_update().get(pk=person.pk)
    former, person.picture = person.picture, key
    person.save(update_fields=["picture", "updated_at"])
    outbox.publish("person.changed", user_id=str(person.pk), fields=["picture"])
    return person, former
