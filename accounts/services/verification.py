"""Is this e-mail address really theirs: a signed link proves it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

from accounts.models import User
from marketplace.common import outbox
from marketplace.common.errors import DomainError

LINK_LIFE = timedelta(days=3)


class BadVerificationToken(DomainError):
    code = "bad_verification_token"
    detail = "This link has expired or belongs to another address"


def request_verification(email: str) -> None:
    """Quiet about whether there is such an account, or whether it still needs this."""
    user = User.objects.active().with_email(email).filter(email_verified_at__isnull=True).first()
    if user is not None:
        with transaction.atomic():
            outbox.publish("email.verification_requested", user_id=str(user.pk))


def verification_token(user: User) -> str:
    return signing.dumps([str(user.pk), user.email], salt="verify-email")


@transaction.atomic
def verify_email(token: str, *, now: datetime) -> User:
    try:
        user_id, email = signing.loads(token, salt="verify-email", max_age=LINK_LIFE)
    except (signing.BadSignature, ValueError) as error:
        raise BadVerificationToken from error
    user: User | None = User.objects.active().select_for_update().filter(pk=user_id, email=email).first()
    if user is None:
        raise BadVerificationToken
    if user.email_verified_at is None:
        user.email_verified_at = now
        user.save(update_fields=["email_verified_at", "updated_at"])
    return user
