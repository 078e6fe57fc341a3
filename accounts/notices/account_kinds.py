"""What `accounts` itself has to tell. Whoever needs a secret link gets it made at the moment of sending."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Notification, User
from accounts.notices.kinds import ALL, Channel, Kind, register
from accounts.notices.letters import Letter, Link
from accounts.services import passwords, verification

LETTER = frozenset({Channel.EMAIL})


def compose_reset(person: User, notification: Notification) -> Letter:
    token = passwords.reset_link_token(person)
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    return Letter(
        subject=notification.title,
        paragraphs=(
            gettext("Somebody, probably you, asked for a new password for your account."),
            gettext("The link works once, for %(minutes)d minutes.") % {"minutes": minutes},
            gettext("If it was not you, there is nothing to do: your password stays as it is."),
        ),
        link=Link(gettext("Choose a new password"), _url("/account/password/reset", token)),
    )


def compose_verification(person: User, notification: Notification) -> Letter | None:
    if person.email_verified_at is not None:
        return None
    return Letter(
        subject=notification.title,
        paragraphs=(
            gettext("Please confirm that this address is yours."),
            gettext("If you do not know what this is about, somebody mistyped their address: just ignore this letter."),
        ),
        link=Link(
            gettext("Confirm the address"), _url("/account/email/verify", verification.verification_token(person))
        ),
    )


def compose_farewell(person: User, notification: Notification) -> Letter | None:
    """To the address that was: its owner may be the one from whom the account is being taken."""
    if not notification.data["former"]:
        return None
    return Letter(
        subject=notification.title,
        paragraphs=(notification.body, gettext("This is the last letter to this address.")),
        to=notification.data["former"],
    )


def _url(path: str, token: str) -> str:
    return f"{settings.BASE_URL}{path}?{urlencode({'token': token})}"


WELCOME = Kind(
    name="account.welcome",
    label=_("Welcome"),
    title=_("Welcome to Campus Market, {name}"),
    body=_("List what you no longer need, find what is near, and meet on campus."),
    channels=frozenset({Channel.IN_APP}),
)
NEW_DEVICE = Kind(
    name="account.new_device",
    label=_("Sign-in on a new device"),
    title=_("New sign-in to your account"),
    body=_("Device: {device}. Address: {address}. If it was not you, change your password at once."),
    channels=ALL,
    is_urgent=True,
)
PASSWORD_CHANGED = Kind(
    name="account.password_changed",
    label=_("Password changed"),
    title=_("Your password was changed"),
    body=_("All devices were signed out. If it was not you, ask for a new password at once."),
    channels=ALL,
    mandatory=LETTER,
    is_urgent=True,
)
EMAIL_CHANGED = Kind(
    name="account.email_changed",
    label=_("E-mail address changed"),
    title=_("Your e-mail address was changed"),
    body=_("If it was not you, write to those who run this site at once."),
    channels=ALL,
    mandatory=LETTER,
    is_urgent=True,
    compose_mail=compose_farewell,
)
PASSWORD_RESET = Kind(
    name="account.password_reset",
    label=_("Forgotten password"),
    title=_("Choose a new password"),
    body=_("Somebody asked for a new password for your account. The link is in your mail."),
    channels=LETTER,
    mandatory=LETTER,
    is_urgent=True,
    compose_mail=compose_reset,
)
VERIFY_EMAIL = Kind(
    name="account.verify_email",
    label=_("Confirming your e-mail address"),
    title=_("Confirm your e-mail address"),
    body=_("The link is in your mail."),
    channels=LETTER,
    mandatory=LETTER,
    is_urgent=True,
    compose_mail=compose_verification,
)
DISABLED = Kind(
    name="account.disabled",
    label=_("Account closed by a moderator"),
    title=_("Your account has been disabled"),
    body=_(
        "A moderator has disabled your account. If you think that this is a mistake, write to those who run this site."
    ),
    channels=LETTER,
    mandatory=LETTER,
    is_urgent=True,
    reaches_inactive=True,
)

register(WELCOME, NEW_DEVICE, PASSWORD_CHANGED, EMAIL_CHANGED, PASSWORD_RESET, VERIFY_EMAIL, DISABLED)
