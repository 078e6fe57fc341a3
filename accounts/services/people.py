"""What people do with their own profile, and with each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Block, PersonReport, Session, User
from accounts.services import sessions
from accounts.services.registration import EmailTaken, UsernameTaken
from marketplace.common import audit, outbox
from marketplace.common.errors import Conflict, DomainError

OWN_FIELDS = ("name", "campus", "username", "email", "is_discoverable", "shows_last_seen", "language")


class NotYourself(DomainError):
    code = "not_yourself"
    detail = "You cannot do this to yourself"


class AlreadyReported(Conflict):
    code = "already_reported"
    detail = "You have already reported this person; a moderator will look at it"


def update_profile(user: User, changes: dict[str, Any]) -> User:
    """Only what is one's own to change; a new e-mail address has to be verified anew."""
    wanted = {name: value for name, value in changes.items() if name in OWN_FIELDS}
    with transaction.atomic():
        person: User = User.objects.select_for_update().get(pk=user.pk)
        changed = {name: value for name, value in wanted.items() if getattr(person, name) != value}
        if not changed:
            return person
        if "email" in changed:
            outbox.publish("email.changed", user_id=str(person.pk), former=person.email)
            person.email_verified_at = None
        for name, value in changed.items():
            setattr(person, name, value)
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError as error:
            raise (EmailTaken if "user_email_once" in str(error) else UsernameTaken) from error
        outbox.publish("person.changed", user_id=str(person.pk), fields=sorted(changed))
    return person


def block(blocker: User, person: User) -> None:
    if blocker.pk == person.pk:
        raise NotYourself
    Block.objects.bulk_create([Block(blocker=blocker, blocked=person)], ignore_conflicts=True)


def unblock(blocker: User, person: User) -> None:
    Block.objects.filter(blocker=blocker, blocked=person).delete()


def report(reporter: User, person: User, *, reason: str, text: str) -> PersonReport:
    if reporter.pk == person.pk:
        raise NotYourself
    try:
        with transaction.atomic():
            made: PersonReport = PersonReport.objects.create(reporter=reporter, person=person, reason=reason, text=text)
            outbox.publish("person.reported", report_id=str(made.pk), person_id=str(person.pk))
    except IntegrityError as error:
        raise AlreadyReported from error
    return made


@transaction.atomic
def disable(person: User, *, actor: User | None, reason: str, now: datetime) -> None:
    """Out at once: the account, all its sessions, and through `session.ended` its sockets."""
    person = User.objects.select_for_update().get(pk=person.pk)
    if not person.is_active:
        return
    User.objects.filter(pk=person.pk).update(is_active=False, disabled_at=now, disabled_reason=reason, updated_at=now)
    sessions.end_sessions(person, by=Session.Ended.DISABLED, now=now)
    audit.record("person.disabled", person, actor=actor, reason=reason)
    outbox.publish("person.disabled", user_id=str(person.pk))


@transaction.atomic
def enable(person: User, *, actor: User | None, reason: str, now: datetime) -> None:
    person = User.objects.select_for_update().get(pk=person.pk)
    if person.is_active:
        return
    User.objects.filter(pk=person.pk).update(is_active=True, disabled_at=None, disabled_reason="", updated_at=now)
    audit.record("person.enabled", person, actor=actor, reason=reason)
    outbox.publish("person.enabled", user_id=str(person.pk))


@transaction.atomic
def decide_report(report: PersonReport, *, actor: User, uphold: bool, note: str, now: datetime) -> None:
    report = PersonReport.objects.select_for_update().get(pk=report.pk)
    if report.state != PersonReport.State.OPEN:
        return
    report.state = PersonReport.State.UPHELD if uphold else PersonReport.State.DISMISSED
    report.decided_by, report.decided_at, report.decision_note = actor, now, note
    report.save(update_fields=["state", "decided_by", "decided_at", "decision_note"])
    audit.record(f"report.{report.state}", report, actor=actor, reason=note)
