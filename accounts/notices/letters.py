"""Letters: plain text with a simple HTML twin, in the person's language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import Notification, User


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Letter:
    subject: str
    paragraphs: tuple[str, ...]
    link: Link | None = None
    to: str | None = None  # elsewhere than to the person's address


def plain_letter(person: User, notification: Notification) -> Letter:
    """What a kind without a letter of its own sends."""
    return Letter(subject=notification.title, paragraphs=(notification.body,) if notification.body else ())


@contextmanager
def language_of(person: User) -> Iterator[None]:
    """The person's language, or the product's where they named none that we speak."""
    spoken = {code for code, _ in settings.LANGUAGES}
    with translation.override(person.language if person.language in spoken else settings.LANGUAGE_CODE):
        yield


def send(person: User, notification: Notification, letter: Letter) -> None:
    """Call it inside `language_of(person)`: the frame around the letter is translated, too."""
    words = {"letter": letter, "name": _name(person), "site": settings.BASE_URL}
    message = EmailMultiAlternatives(
        subject=" ".join(letter.subject.split()),
        body=render_to_string("accounts/mail/letter.txt", words),
        to=[letter.to or person.email or ""],  # the address alone: a header is no place for a name somebody made up
        headers={"Auto-Submitted": "auto-generated", "Message-ID": _message_id(notification)},
    )
    message.attach_alternative(render_to_string("accounts/mail/letter.html", words), "text/html")
    message.send()


def _name(person: User) -> str:
    """None for an address nobody has confirmed: else a name would be a way to write to anybody in our name."""
    return person.display_name if person.email_verified_at is not None else ""


def _message_id(notification: Notification) -> str:
    """The same at every attempt, so that a mailbox can tell a repeat from a second letter."""
    return f"<{notification.pk}@{urlsplit(settings.BASE_URL).hostname}>"
