"""What `accounts` does when something has happened to a person: it tells them."""

from __future__ import annotations

from django.conf import settings

from accounts.models import Session, User
from accounts.notices import account_kinds as kinds
from accounts.notices import notify
from accounts.notices.agents import described
from accounts.notices.kinds import Kind
from marketplace.common.outbox import Event, listens_to


@listens_to("person.registered")
def welcome(event: Event) -> None:
    person = User.objects.filter(pk=event.payload["user_id"]).first()
    if person is not None:
        _tell(event, kinds.WELCOME, name=person.display_name)


@listens_to("person.registered", "person.changed")
def ask_for_confirmation(event: Event) -> None:
    """Where an address must be confirmed, the letter comes unasked; for one that is confirmed nothing is sent."""
    is_about_email = event.kind == "person.registered" or "email" in event.payload["fields"]
    if settings.REQUIRE_EMAIL_VERIFICATION and is_about_email:
        _tell(event, kinds.VERIFY_EMAIL)


@listens_to("email.changed")
def tell_the_former_address(event: Event) -> None:
    _tell(event, kinds.EMAIL_CHANGED, former=event.payload["former"])


@listens_to("person.new_device")
def warn_of_new_device(event: Event) -> None:
    session_id = event.payload["session_id"]
    session = Session.objects.filter(pk=session_id).first()
    if session is not None:
        device, address = described(session.user_agent), session.address or "-"
        _tell(event, kinds.NEW_DEVICE, session_id=session_id, device=device, address=address)


@listens_to("password.changed")
def confirm_password_change(event: Event) -> None:
    _tell(event, kinds.PASSWORD_CHANGED)


@listens_to("password.reset_requested")
def send_reset_link(event: Event) -> None:
    _tell(event, kinds.PASSWORD_RESET)


@listens_to("email.verification_requested")
def send_verification_link(event: Event) -> None:
    _tell(event, kinds.VERIFY_EMAIL)


@listens_to("person.disabled")
def tell_of_disabling(event: Event) -> None:
    _tell(event, kinds.DISABLED)


def _tell(event: Event, kind: Kind, **data: str) -> None:
    notify(user_ids=[event.payload["user_id"]], kind=kind.name, data=data, event_id=event.id)
