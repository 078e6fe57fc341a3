"""Keeping a session alive, and ending it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Session, User
from accounts.services import devices
from accounts.tokens import BadToken, TokenPair, pair_for, read_refresh
from marketplace.common import metrics, outbox
from marketplace.common.errors import NotFound, Unauthenticated

KEEP_ENDED = timedelta(days=30)


class InvalidRefreshToken(Unauthenticated):
    code = "invalid_refresh_token"
    detail = "Invalid refresh token"


def refresh(raw: str, *, now: datetime) -> TokenPair:
    """A new pair for a refresh token, once. Sent again within seconds: the same pair. Later: the end of the family."""
    try:
        claims = read_refresh(raw)
    except BadToken as error:
        raise InvalidRefreshToken from error
    pair = _rotate(claims.session_id, claims.token_id, now=now)
    metrics.refreshes.labels("ok" if pair else "refused").inc()
    if pair is None:  # raised out here, so that a revocation above is committed
        raise InvalidRefreshToken
    return pair


@transaction.atomic
def _rotate(session_id: UUID, refresh_id: UUID, *, now: datetime) -> TokenPair | None:
    session = Session.objects.select_for_update(of=("self",)).select_related("user").filter(pk=session_id).first()
    if session is None or not session.is_open(now) or not session.user.is_active:
        return None
    if session.may_repeat(refresh_id, now=now):
        return pair_for(session)
    if refresh_id != session.refresh_id:
        _end_stolen(session, now=now)
        return None
    session.rotate(now=now)
    session.save(update_fields=["refresh_id", "previous_refresh_id", "rotated_at", "expires_at"])
    return pair_for(session)


def _end_stolen(session: Session, *, now: datetime) -> None:
    """A used token came back: somebody has a copy, and we cannot tell which of the two is the owner."""
    session.revoke(Session.Ended.REUSE, now=now)
    session.save(update_fields=["revoked_at", "ended_by"])
    devices.silence_devices([session.pk])
    metrics.refreshes.labels("reuse").inc()
    outbox.publish("session.ended", user_id=str(session.user_id), session_ids=[str(session.pk)], by="reuse")


def end_session(user: User, session_id: UUID, *, by: str, now: datetime) -> None:
    if not end_sessions(user, by=by, now=now, only=session_id) and not user.sessions.filter(pk=session_id):
        raise NotFound("Session not found")


@transaction.atomic
def end_sessions(user: User, *, by: str, now: datetime, only: UUID | None = None) -> int:
    """All of a person's open sessions, or `only` one; ended ones stay as they are."""
    if only is None:
        user.signed_out_at = now  # the cookies of web pages and admin end too
        user.save(update_fields=["signed_out_at", "updated_at"])
    rows = Session.objects.select_for_update().filter(user=user, revoked_at__isnull=True)
    if only is not None:
        rows = rows.filter(pk=only)
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        Session.objects.filter(pk__in=ids).update(revoked_at=now, ended_by=by)
        devices.silence_devices(ids)
        outbox.publish("session.ended", user_id=str(user.pk), session_ids=[str(pk) for pk in ids], by=by)
    return len(ids)


def forget_ended(*, now: datetime) -> None:
    """Ended sessions stay for a month, for whoever asks where somebody was signed in."""
    long_ago = now - KEEP_ENDED
    Session.objects.filter(Q(expires_at__lt=long_ago) | Q(revoked_at__lt=long_ago)).delete()
