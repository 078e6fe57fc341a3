"""A person: one account for all client families."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Now
from django.utils.crypto import salted_hmac

from marketplace.common.ids import KeyField, NumberField


class Role(models.TextChoices):
    """A profile fact of the support surface. It gives no power here."""

    ADMIN = "admin"
    USER = "user"


class EmailDigest(Func):
    """SHA-256 of the stored (trimmed, lower-case) address, computed by the database and never stored in a column."""

    function = "digest"
    output_field = models.BinaryField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*(expressions or (F("email"),)), Value("sha256"), **extra)


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def with_email(self, email: str) -> Self:
        return self.alias(plain=Lower("email")).filter(plain=Lower(Value(email.strip())))  # as the index has it

    def with_username(self, username: str) -> Self:
        return self.alias(plain=Lower("username")).filter(plain=Lower(Value(username.strip())))

    def not_blocked_with(self, viewer: User) -> Self:
        """Neither has the viewer blocked them nor they the viewer."""
        return self.exclude(blocks_made__blocked=viewer).exclude(blocks_received__blocker=viewer)

    def visible_to(self, viewer: User) -> Self:
        """Whom a signed-in person may look up: everybody who is here and has not blocked them."""
        return self.active().exclude(blocks_made__blocked=viewer)

    def discoverable_by(self, viewer: User, *, verified_only: bool) -> Self:
        """Whom an address leads to. Where addresses are verified at all, an unproven one leads nowhere."""
        found = self.active().filter(is_discoverable=True).exclude(pk=viewer.pk).not_blocked_with(viewer)
        return found.filter(email_verified_at__isnull=False) if verified_only else found

    def matching_digests(self, digests: list[bytes]) -> Self:
        return self.annotate(email_digest=EmailDigest()).filter(email_digest__in=digests)

    def signed_in_with(self, *, user_id: UUID, session_id: UUID) -> Self:
        """The person behind an access token, if their account and that very session are still good."""
        return self.active().filter(pk=user_id, sessions__id=session_id, sessions__revoked_at__isnull=True)


_PeopleManager = BaseUserManager.from_queryset(UserQuerySet)


class UserManager(_PeopleManager["User"]):  # type: ignore[valid-type]  # made at run time
    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> User:
        found: User = self.with_username(username or "").get()
        return found

    def create_superuser(self, username: str, password: str, email: str | None = None, **extra: Any) -> User:
        user: User = self.model(
            username=username, email=email or None, name=username, is_staff=True, is_superuser=True, **extra
        )
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    id = KeyField()
    number = NumberField(sequence="accounts_user_number")
    username = models.CharField(
        max_length=50, validators=[RegexValidator(r"^[^@\s]+\Z", "A user name holds no '@' and no blanks")]
    )
    email = models.EmailField(max_length=254, null=True, blank=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=120, blank=True, default="")
    campus = models.CharField(max_length=120, null=True, blank=True)
    picture = models.CharField(max_length=300, blank=True, default="")
    role = models.CharField(max_length=8, choices=Role, null=True, blank=True)
    is_delivery = models.BooleanField(default=False)
    is_discoverable = models.BooleanField(default=True)
    shows_last_seen = models.BooleanField(default=True, db_default=True)
    language = models.CharField(max_length=8, blank=True, default="")

    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    disabled_at = models.DateTimeField(null=True, blank=True)
    signed_out_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_reason = models.CharField(max_length=500, blank=True, default="")

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    last_login = models.DateTimeField(null=True, blank=True, db_column="last_login_at")

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("username"), name="user_username_once"),
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(
                condition=~Q(username__contains="@") & ~Q(username=""), name="user_username_is_no_address"
            ),
            models.CheckConstraint(
                condition=Q(email__isnull=True) | Q(email=Lower("email")), name="user_email_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at__isnull=True) | Q(is_active=False), name="user_disabled_is_inactive"
            ),
        ]
        indexes: ClassVar = [
            models.Index(Func(F("email"), Value("sha256"), function="digest"), name="user_email_digest"),
            models.Index(fields=["-created_at"], name="user_newest"),
        ]
        permissions: ClassVar = [
            ("disable_user", "Can disable and enable an account"),
            ("end_sessions", "Can end an account's sessions"),
            ("change_roles", "Can make moderators and administrators"),
        ]

    def __str__(self) -> str:
        return f"@{self.username}"

    @property
    def display_name(self) -> str:
        return self.name or self.username

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """What a browser's cookie is bound to: the password, and the last "sign out everywhere"."""
        signed_out = self.signed_out_at.isoformat() if self.signed_out_at else ""
        salt = "accounts.User.session"
        return salted_hmac(salt, self.password + signed_out, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.username
