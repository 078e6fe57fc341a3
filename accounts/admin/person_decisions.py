"""What staff may do to an account: each is one service, a permission and a reason."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.models import Session, User
from accounts.services import people, roles, sessions
from marketplace.common import audit
from marketplace.common.admin import Decision


def is_moderator(person: User) -> bool:
    return person.is_staff and person.groups.filter(name=roles.MODERATORS).exists()


def _disable(person: User, actor: User, reason: str) -> None:
    people.disable(person, actor=actor, reason=reason, now=timezone.now())


def _enable(person: User, actor: User, reason: str) -> None:
    people.enable(person, actor=actor, reason=reason, now=timezone.now())


def _end_sessions(person: User, actor: User, reason: str) -> None:
    ended = sessions.end_sessions(person, by=Session.Ended.STAFF, now=timezone.now())
    audit.record("person.sessions_ended", person, actor=actor, reason=reason, data={"sessions": ended})


def _make_moderator(person: User, actor: User, reason: str) -> None:
    roles.make_moderator(person, actor=actor, reason=reason, now=timezone.now())


def _unmake_moderator(person: User, actor: User, reason: str) -> None:
    roles.unmake_moderator(person, actor=actor, reason=reason, now=timezone.now())


DECISIONS: tuple[Decision[User], ...] = (
    Decision(
        name="disable",
        title=_("Disable account"),
        explanation=_(
            "They are signed out everywhere at once and cannot sign in again until the account is enabled."
            " They are not told the reason you write here."
        ),
        permission="accounts.disable_user",
        applies_to=lambda person: person.is_active,
        carry_out=_disable,
        icon="block",
        variant=ActionVariant.DANGER,
    ),
    Decision(
        name="enable",
        title=_("Enable account"),
        explanation=_("They can sign in again with the password they had."),
        permission="accounts.disable_user",
        applies_to=lambda person: not person.is_active,
        carry_out=_enable,
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    ),
    Decision(
        name="end-sessions",
        title=_("End all sessions"),
        explanation=_("Every phone and browser is signed out; they can sign in again at once. Right for a lost phone."),
        permission="accounts.end_sessions",
        applies_to=lambda person: person.is_active,
        carry_out=_end_sessions,
        icon="logout",
    ),
    Decision(
        name="make-moderator",
        title=_("Make moderator"),
        explanation=_("They will see every account and every report, and may disable accounts and end sessions."),
        permission="accounts.change_roles",
        applies_to=lambda person: person.is_active and not person.is_staff,
        carry_out=_make_moderator,
        icon="shield_person",
    ),
    Decision(
        name="unmake-moderator",
        title=_("Remove moderator"),
        explanation=_("They lose access to this site with their next click and are signed out everywhere."),
        permission="accounts.change_roles",
        applies_to=lambda person: not person.is_superuser and is_moderator(person),
        carry_out=_unmake_moderator,
        icon="remove_moderator",
    ),
)
